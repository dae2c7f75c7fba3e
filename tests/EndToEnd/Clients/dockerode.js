// dockerode against the engine whose socket is the first argument: each line printed is compared by NodeClientTests.
const Docker = require('dockerode');
const { PassThrough } = require('stream');
const docker = new Docker({ socketPath: process.argv[2] });

async function main() {
  console.log(`ping: ${await docker.ping()}`);
  const both = new PassThrough();
  let text = '';
  both.on('data', data => text += data);
  const [result, ran] = await docker.run('busybox', ['sh', '-c', 'echo out; sleep 0.1; echo err >&2; exit 3'], [both, both], { Tty: false });
  console.log(`run: ${result.StatusCode} ${JSON.stringify(text)}`);
  await ran.remove();

  const container = await docker.createContainer({ Image: 'busybox', Cmd: ['sleep', '100'], Labels: { 'dockerode-test': 'yes' }, name: 'dockerode' });
  await container.start();
  const exec = await container.exec({ Cmd: ['cat'], AttachStdin: true, AttachStdout: true });
  const stream = await exec.start({ hijack: true, stdin: true });
  let echoed = '';
  const sink = { write: data => echoed += data };
  await new Promise(resolve => { stream.on('end', resolve); docker.modem.demuxStream(stream, sink, sink); stream.write('half-close'); stream.end(); });
  console.log(`exec: ${echoed} ${(await exec.inspect()).ExitCode}`);
  console.log(`labels: ${(await docker.listContainers({ filters: { label: ['dockerode-test=yes'] } })).length}`);
  const stats = await container.stats({ stream: false });
  console.log(`stats: ${stats.memory_stats.usage > 0} ${stats.pids_stats.current}`);

  const events = await docker.getEvents({ filters: { container: ['dockerode'] } });
  const first = new Promise(resolve => events.once('data', data => resolve(JSON.parse(data.toString().split('\n')[0]).Action)));
  await container.kill();
  console.log(`event: ${await first}`);
  events.destroy();
  await container.remove({ force: true });

  const volume = await docker.createVolume({ Name: 'dockerode' });
  console.log(`volume: ${(await volume.inspect()).Driver}`);
  await volume.remove();
  const network = await docker.createNetwork({ Name: 'dockerode' });
  console.log(`network: ${(await network.inspect()).Driver}`);
  await network.remove();
  await docker.getContainer('nosuch').inspect().catch(error => console.log(`missing: ${error.statusCode} ${error.json.message}`));
}

main().catch(error => { console.error(error); process.exit(1); });
