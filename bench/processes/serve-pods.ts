import { createInterface } from 'node:readline';
import { parse, stringify } from 'yaml';
import { startSandbox } from '../../src/sandbox/server.ts';
import { parseWorld } from '../../src/sandbox/world.ts';
import { containersOf, worldOfPods } from '../support/pods-world.ts';
import { send } from '../support/send.ts';

// serve-pods PODS: reads a world of so many pods from YAML and starts it, then answers `load`, `cpu` and `rollout`, a
// line of JSON each. `none` for PODS is a process that does nothing.

const [pods = ''] = process.argv.slice(2);
const say = (answer: unknown): void => void process.stdout.write(`${JSON.stringify(answer)}\n`);
const since = (from: number): number => performance.now() - from;

const sandbox = pods === 'none' ? undefined : await start(Number(pods));
if (pods === 'none') say({});

async function start(count: number) {
  const world = worldOfPods({ pods: count, namespaces: 20, small: true });
  const text = stringify(
    { cluster: world.cluster, objects: world.objects },
    { aliasDuplicateObjects: false },
  );
  const beforeParse = performance.now();
  parse(text);
  const parsed = since(beforeParse);
  const beforeLoad = performance.now();
  const started = await startSandbox({ world: parseWorld(text, 'bench') });
  await started.settled();
  const load = since(beforeLoad);
  const ready = started.cluster.state.list('/pods').filter(isReady).length;
  if (ready !== count) throw new Error(`${ready} of ${count} pods are ready`);
  say({ parsed, load });
  return started;
}

function isReady({ status }: { status?: Record<string, unknown> }): boolean {
  return JSON.stringify(status?.['conditions']).includes('"type":"Ready","status":"True"');
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'cpu') say(process.cpuUsage());
  if (line === 'rollout' && sandbox !== undefined) say({ ms: await rollOut(sandbox) });
}

/** Three pods of a deployment of its own are replaced by three others; what is counted is work, for time is moved. */
async function rollOut(on: NonNullable<typeof sandbox>): Promise<number> {
  const path = '/apis/apps/v1/namespaces/team-1/deployments';
  const name = `measured-${performance.now().toFixed(0)}`;
  const [app] = containersOf(name);
  const labels = { app: name };
  const template = {
    metadata: { labels },
    spec: { containers: [{ name: 'app', image: app?.image }] },
  };
  await send(on, {
    method: 'POST',
    path,
    body: { metadata: { name }, spec: { replicas: 3, selector: { matchLabels: labels }, template } },
  });
  await on.advance(60_000);
  const began = performance.now();
  await send(on, {
    method: 'PATCH',
    path: `${path}/${name}`,
    body: { spec: { template: { metadata: { annotations: { again: 'yes' } } } } },
  });
  await on.advance(60_000);
  const took = since(began);
  await send(on, { method: 'DELETE', path: `${path}/${name}` });
  await on.advance(60_000);
  return took;
}
