// Leaves a container and a network of testcontainers behind, as a test run that was cut off does.
const { GenericContainer, Network } = require('testcontainers');

async function main() {
  const network = await new Network().start();
  const left = await new GenericContainer('busybox:latest').withCommand(['sleep', '1000']).withNetwork(network).start();
  console.log(`${left.getId()} ${network.getName()}`);
  process.exit(0);
}

main().catch(error => { console.error(error); process.exit(1); });
