import type { ChildProcess } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import type { Journal } from '../../src/core/journal.ts';
import { openSqliteJournal } from '../../src/store/journal/sqlite-journal.ts';
import { CliHome } from '../support/command-line.ts';
import { eventually } from '../support/eventually.ts';
import { send } from '../support/sandbox-client.ts';

let home: CliHome;
const workers: ChildProcess[] = [];

beforeEach(async () => {
  home = await CliHome.make();
});
afterEach(async () => {
  for (const worker of workers.splice(0)) worker.kill('SIGKILL');
  await home.remove();
});

async function configure(triggers: string): Promise<void> {
  await writeFile(
    join(home.dir, 'vigie.yaml'),
    `witness: {journal: false}
playbooks: {directory: ${join(home.dir, 'playbooks')}, triggers: ${triggers}}
environments: {box: {sandbox: {world: shop}, policy: {low: allow, medium: allow, high: allow}}}
`,
    { mode: 0o600 },
  );
}

async function write(name: string, more: string): Promise<void> {
  const folder = join(home.dir, 'playbooks', name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const head = `apiVersion: vigie/v1\nkind: Playbook\nmetadata: {name: ${name}, title: A trial}\n`;
  const steps = 'steps: [{id: see, tool: k8s_list, with: {kind: Deployment}}]';
  await writeFile(join(folder, 'playbook.yaml'), `${head}${more}\n${steps}\n`, { mode: 0o600 });
}

/** A worker in a process of its own, with what it says. */
function startWorker(): { child: ChildProcess; said: () => string } {
  const child = home.start('worker');
  workers.push(child);
  let said = '';
  child.stderr?.on('data', (data: Buffer) => {
    said += data.toString();
  });
  return { child, said: () => said };
}

/** The journal of the home, as another process has it. */
async function openJournal(): Promise<Journal> {
  await mkdir(join(home.dir, 'home'), { recursive: true, mode: 0o700 });
  const journal = await openSqliteJournal({ file: join(home.dir, 'home', 'runs.db'), now: () => Date.now() });
  onTestFinished(() => journal.close());
  return journal;
}

/** An event as a component of the cluster would write it. */
async function record(name: string, { count = 1 }: { count?: number } = {}): Promise<void> {
  // The first that asks for it starts it.
  const address = await eventually(() => readFile(join(home.dir, 'home', 'sandbox.json'), 'utf8'));
  const { url, token }: { url: string; token: string } = JSON.parse(address);
  const lastTimestamp = new Date().toISOString();
  const involvedObject = { apiVersion: 'v1', kind: 'Pod', name, namespace: 'shop' };
  const body = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: 'shop' },
    involvedObject,
    reason: 'Trial',
    message: 'tried',
    lastTimestamp,
    count,
  };
  const path = '/api/v1/namespaces/shop/events';
  expect(await send({ url, token }, { method: 'POST', path, body })).toMatchObject({ status: 201 });
}

test('a worker says what it serves, and a shipped playbook starts only where vigie.yaml names it', async () => {
  await configure('[nightly-health-report, gone]');
  const { said } = startWorker();
  await eventually(() => expect(said()).toContain('Starting by itself: 1 schedule, the next at '));
  expect(said()).toContain('gone starts by nothing: There is no playbook gone.');
  // The shop has two more with a schedule.
  expect(said()).not.toContain('rolling-restart');
});

test('an event of the cluster starts a playbook, which a worker runs to its end', async () => {
  await configure('[seen]');
  await write('seen', `on: {event: {match: 'event.reason == "Trial"'}}`);
  const { said } = startWorker();
  await eventually(() => expect(said()).toContain('1 watch of events'));
  await record('tried');
  await eventually(() => expect(said()).toMatch(/seen in box, by the event Trial: run \w+/));
  const journal = await openJournal();
  await eventually(async () => expect(await journal.list({ status: 'done', max: 10 })).toHaveLength(1));
});

test('what may not start by an event is said once, however many events there are', async () => {
  await configure('[seen]');
  await write(
    'seen',
    `inputs: {count: {type: integer, min: 100}}
on: {event: {match: 'event.reason == "Trial"', inputs: {count: "\${{ event.count }}"}}}`,
  );
  const { said } = startWorker();
  await eventually(() => expect(said()).toContain('1 watch of events'));
  for (const name of ['a', 'b', 'c']) await record(name);
  await eventually(() => expect(said()).toContain('(INVALID_INPUT)'));
  await record('d');
  await record('e', { count: 100 });
  await eventually(() => expect(said()).toMatch(/by the event Trial: run \w+/));
  expect(said().match(/by the event Trial: not run/g)).toHaveLength(1);
});

test('workers that are killed while schedules come round start each moment once', async () => {
  const names = Array.from({ length: 30 }, (_, index) => `each-${index}`);
  await configure(`[${names.join(', ')}]`);
  for (const name of names) await write(name, 'on: {schedule: {cron: "* * * * *", timezone: UTC}}');
  const journal = await openJournal();
  const ago = Date.now() - 5 * 60_000;
  for (const name of names) await journal.tick({ schedule: `${name}/box * * * * * UTC`, at: ago });
  // Each is killed in the midst of its first look at the schedules, or soon after.
  for (const afterMs of [0, 10, 40, 100]) await killedAfter(startWorker(), afterMs);
  startWorker();
  startWorker();
  const started = async (): Promise<string[]> => {
    const runs = await journal.list({ max: 1_000 });
    return runs.map(({ startedBy }) => JSON.stringify(startedBy));
  };
  await eventually(async () => {
    const told = await started();
    for (const name of names) expect(told.some(each => each.includes(`"schedule:${name}"`))).toBe(true);
  });
  // Who started it names the playbook and the moment.
  const all = await started();
  expect(new Set(all).size).toBe(all.length);
});

async function killedAfter({ child }: { child: ChildProcess }, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once('close', () => resolve());
  child.stderr?.on('data', (data: Buffer) => {
    if (data.includes('Starting by itself')) setTimeout(() => child.kill('SIGKILL'), ms);
  });
  await promise;
}
