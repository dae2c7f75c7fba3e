// Testcontainers against the engine of DOCKER_HOST: each line printed is compared by NodeClientTests.
const { GenericContainer, Network, Wait } = require('testcontainers');

async function main() {
  const network = await new Network().start();
  const database = await new GenericContainer('postgres:latest').withEnvironment({ POSTGRES_PASSWORD: 'mysecret' }).withExposedPorts(5432)
    .withNetwork(network).withNetworkAliases('db').withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2)).start();
  const answer = await database.exec(['psql', '-U', 'postgres', '-Atc', 'select 6 * 7']);
  console.log(`database: ${answer.exitCode} ${answer.output.trim()} port ${database.getMappedPort(5432) > 0}`);

  const web = await new GenericContainer('busybox:latest').withExposedPorts(80).withNetwork(network)
    .withCommand(['sh', '-c', 'mkdir -p /w; cp /tmp/page /w/index.html; exec httpd -f -h /w'])
    .withCopyContentToContainer([{ content: 'copied in', target: '/tmp/page' }]).withWaitStrategy(Wait.forHttp('/', 80)).start();
  const page = await fetch(`http://${web.getHost()}:${web.getMappedPort(80)}/`);
  console.log(`page: ${await page.text()}`);
  console.log(`name: ${(await web.exec(['nslookup', 'db'])).exitCode}`);
  let bytes = 0;
  for await (const chunk of await web.copyArchiveFromContainer('/tmp/page')) bytes += chunk.length;
  console.log(`copied out: ${bytes > 0}`);
  await web.restart();
  console.log(`restarted: ${(await web.exec(['echo', 'again'])).output.trim()}`);

  const cache = await new GenericContainer('redis:latest').withExposedPorts(6379).withNetwork(network).withNetworkAliases('cache')
    .withWaitStrategy(Wait.forAll([Wait.forListeningPorts(), Wait.forLogMessage('Ready to accept connections')])).start();
  const redis = async (...words) => (await cache.exec(['redis-cli', '-h', 'cache', ...words])).output.trim();
  console.log(`cache: ${await redis('set', 'key', 'value')} ${await redis('get', 'key')}`);

  const healthy = await new GenericContainer('postgres:latest').withEnvironment({ POSTGRES_PASSWORD: 'mysecret' })
    .withHealthCheck({ test: ['CMD-SHELL', 'pg_isready -U postgres'], interval: 250, timeout: 2000, retries: 40 })
    .withWaitStrategy(Wait.forHealthCheck()).start();
  console.log('healthy');
  for (const container of [healthy, cache, web, database]) await container.stop();
  await network.stop();
  console.log('stopped');
}

main().catch(error => { console.error(error); process.exit(1); });
