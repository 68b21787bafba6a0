import type { ChildProcess } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { alertOf, groupOf, send, token } from '../engine/triggers/triggers-of.ts';
import { CliHome } from '../support/command-line.ts';
import { eventually } from '../support/eventually.ts';
import { PseudoTerminal } from '../support/pseudo-terminal.ts';

let home: CliHome;
const workers: ChildProcess[] = [];

beforeEach(async () => {
  home = await CliHome.make();
  const own = join(home.dir, 'playbooks');
  await writeFile(
    join(home.dir, 'vigie.yaml'),
    `witness: {journal: false}
playbooks: {directory: ${own}, triggers: [look]}
triggers: {listen: "127.0.0.1:0", alerts: {main: {bearer: file:${join(home.dir, 'token')}}}, webhooks: {go: {hmac: file:${join(home.dir, 'token')}}}}
environments: {box: {sandbox: {world: shop}}}
`,
    { mode: 0o600 },
  );
  await writeFile(join(home.dir, 'token'), `${token}\n`, { mode: 0o600 });
  await write(
    'look',
    `on: {alert: {match: alert.labels.alertname == "Broken", inputs: {namespace: "\${{ alert.labels.namespace }}"}}}
inputs: {namespace: {type: string, required: true}}`,
  );
  await write('other', 'on: {alert: {match: "true", inputs: {}}}');
});
afterEach(async () => {
  for (const worker of workers.splice(0)) worker.kill('SIGKILL');
  await home.remove();
});

const seeing =
  'steps: [{id: see, tool: k8s_list, with: {kind: Deployment, namespace: shop}}, {id: by, set: {sender: "${{ trigger.name }}"}}]';

async function write(name: string, more: string, steps = seeing): Promise<void> {
  const folder = join(home.dir, 'playbooks', name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const head = `apiVersion: vigie/v1\nkind: Playbook\nmetadata: {name: ${name}, title: A trial}\n`;
  await writeFile(join(folder, 'playbook.yaml'), `${head}${more}\n${steps}\n`, { mode: 0o600 });
}

/** A worker, and where it listens. */
async function startWorker(): Promise<{ worker: ChildProcess; url: string }> {
  const worker = home.start('worker');
  workers.push(worker);
  let said = '';
  worker.stderr?.on('data', (data: Buffer) => {
    said += data.toString();
  });
  const url = await eventually(() => {
    const found = /on (http:\S+)\./.exec(said)?.[1];
    if (found === undefined) throw new Error(`it does not listen: ${said}`);
    return found;
  });
  return { worker, url };
}

const broken = (more: Record<string, unknown> = {}) =>
  groupOf(alertOf({ alertname: 'Broken', namespace: 'shop' }, more));

interface Listed {
  id: string;
  name: string;
  status: string;
  startedBy: { kind: string; name: string; trigger: { alert: { fingerprint: string } } };
}

async function runs(): Promise<Listed[]> {
  const { stdout } = await home.run('runs', 'list', '-o', 'json');
  const { runs: found }: { runs: Listed[] } = JSON.parse(stdout);
  return found;
}

test('an alert is tried: who would start by it, with what, and why another would not', async () => {
  const file = join(home.dir, 'alert.json');
  await writeFile(file, JSON.stringify(broken()));
  const tried = await home.run('triggers', 'test', '--alert', file);
  expect({ status: tried.status, stderr: tried.stderr }).toEqual({ status: 0, stderr: '' });
  expect(tried.stdout).toMatch(/Broken +look +starts +\{"namespace":"shop"\}/);
  expect(tried.stdout).toMatch(/Broken +other +vigie.yaml does not name it under playbooks.triggers/);
  await writeFile(file, JSON.stringify(alertOf({ alertname: 'Fine' })));
  const none = await home.run('triggers', 'test', '--alert', file, '-o', 'json');
  expect(none.status).toBe(5);
  expect(JSON.parse(none.stdout)).toMatchObject({ alerts: [{ alert: 'Fine', playbook: 'other' }] });
  await writeFile(file, '{}');
  expect(await home.run('triggers', 'test', '--alert', file)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('nothing that Alertmanager sends'),
  });
});

test('what would be refused or cannot be asked is told of an alert that is tried, and is no start', async () => {
  const file = join(home.dir, 'alert.json');
  await writeFile(file, JSON.stringify(broken()));
  const on =
    'on: {alert: {match: alert.labels.alertname == "Broken", inputs: {namespace: "${{ alert.labels.namespace }}"}';
  const inputs = 'inputs: {namespace: {type: string, required: true}}';
  const tried = () => home.run('triggers', 'test', '--alert', file);
  await write('look', `${on}}}\n${inputs}\npolicy: {requireRehearsal: 24h}`);
  expect(await tried()).toMatchObject({
    status: 5,
    stdout: expect.stringMatching(/look +refused: look \(\w+\) was not rehearsed in box within 24h/),
  });
  await write('look', `${on}, dedupe: "\${{ alert.labels.gone }}"}}\n${inputs}`);
  expect(await tried()).toMatchObject({
    status: 5,
    stdout: expect.stringMatching(/look +dedupe fails: .*\{"namespace":"shop"\}/),
  });
  const change =
    'steps: [{id: up, tool: k8s_scale, with: {target: {kind: Deployment, name: web, namespace: shop}, replicas: 4}}]';
  await write('look', `${on}}}\n${inputs}`, change);
  expect(await tried()).toMatchObject({ status: 0, stdout: expect.stringMatching(/look +starts/) });
  expect(await home.run('kill-switch', 'on', '--reason', 'drill')).toMatchObject({ status: 0 });
  expect(await tried()).toMatchObject({
    status: 5,
    stdout: expect.stringMatching(/look +refused: the kill switch is on since .*drill/),
  });
});

test('an alert is tried by files alone where the store does not answer', async () => {
  const file = join(home.dir, 'alert.json');
  await writeFile(file, JSON.stringify(broken()));
  const config = join(home.dir, 'vigie.yaml');
  const text = await readFile(config, 'utf8');
  const url = join(home.dir, 'store-url');
  await writeFile(url, 'postgres://vigie:secret@127.0.0.1:9/vigie?sslmode=disable', { mode: 0o600 });
  await writeFile(config, `store: {postgres: {url: "file:${url}"}}\n${text}`, { mode: 0o600 });
  expect(await home.run('triggers', 'test', '--alert', file)).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/Broken +look +starts +/),
    stderr: expect.stringContaining(
      'As far as files tell: what refuses it now, or cools, could not be asked.',
    ),
  });
});

test('what may start by itself is listed, with who may send, and without any secret', async () => {
  const { status, stdout, stderr } = await home.run('triggers');
  expect(status).toBe(0);
  expect(stdout).toMatch(/look +box +alert/);
  expect(stdout).toMatch(/\/alerts\/main +box +bearer/);
  expect(stdout).toMatch(/\/hooks\/go +box +hmac/);
  expect(stdout).not.toContain(token);
  expect(stderr).toContain('/hooks/go: no playbook under playbooks.triggers has that path in box');
});

test('what is named there and starts by nothing is told, with what was meant', async () => {
  await write('talked-to', 'on: {chat: {command: talk}}');
  const file = join(home.dir, 'vigie.yaml');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('triggers: [look]', 'triggers: [look, loook, talked-to]'), {
    mode: 0o600,
  });
  const { stdout, stderr } = await home.run('triggers');
  expect(stdout).not.toContain('talked-to');
  expect(stderr).toContain('loook starts by nothing: There is no playbook loook. Did you mean look?\n');
  expect(stderr).toContain('talked-to starts by nothing: Of its triggers there is only chat, which nothing');
  await writeFile(file, text.replace('triggers: [look]', 'triggers: [loook]'), { mode: 0o600 });
  const none = await home.run('triggers');
  expect(none.stderr).toContain('loook starts by nothing');
  expect(none.stderr).not.toContain('name playbooks in vigie.yaml');
});

test('an alert that a worker hears of starts a run, which that worker ends', async () => {
  const { worker, url } = await startWorker();
  expect((await send(`${url}/alerts/main`, broken())).tally).toMatchObject({ started: 1 });
  await eventually(async () =>
    expect(await runs()).toMatchObject([{ name: 'look', status: 'done', startedBy: { name: 'alert:main' } }]),
  );
  // Whoever runs it again is somebody else, and its steps see the same.
  const [{ id } = { id: '' }] = await runs();
  expect(await home.run('runs', 'retry', id)).toMatchObject({ status: 0 });
  expect(await runs()).toMatchObject([{ status: 'done', startedBy: { kind: 'person' } }, { id }]);
  const ended = new Promise(resolve => worker.once('close', resolve));
  worker.kill('SIGTERM');
  expect(await ended).toBe(0);
});

test('of two workers at one address one listens, and the other when that is gone', async () => {
  const { worker, url } = await startWorker();
  const file = join(home.dir, 'vigie.yaml');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('127.0.0.1:0', new URL(url).host), { mode: 0o600 });
  const other = home.start('worker');
  workers.push(other);
  let said = '';
  other.stderr?.on('data', (data: Buffer) => {
    said += data.toString();
  });
  await eventually(() => expect(said).toContain('is taken'));
  expect((await send(`${url}/alerts/main`, broken())).status).toBe(200);
  worker.kill('SIGKILL');
  await eventually(() => expect(said).toContain(`Listening for alerts and webhooks on ${url}.`));
  expect((await send(`${url}/alerts/main`, broken())).tally).toMatchObject({ started: 0, exists: 1 });
});

test('an alert whose worker is killed somewhere on the way, and that is sent again, has one run', async () => {
  const told: string[] = [];
  for (const afterMs of [0, 2, 5, 10, 20, 40]) {
    const { worker, url } = await startWorker();
    const fingerprint = (0xa0 + afterMs).toString(16);
    told.push(fingerprint);
    // The first call reads the playbooks; the one that is broken off comes on a warm worker.
    await send(`${url}/alerts/main`, groupOf());
    const broke = send(`${url}/alerts/main`, broken({ fingerprint })).catch(() => undefined);
    await pause(afterMs);
    worker.kill('SIGKILL');
    await broke;
    const next = await startWorker();
    const again = await send(`${next.url}/alerts/main`, broken({ fingerprint }));
    expect(again.status).toBe(200);
    expect(again.tally.started + again.tally.exists).toBe(1);
    next.worker.kill('SIGKILL');
  }
  const found = (await runs()).map(({ startedBy }) => startedBy.trigger.alert.fingerprint);
  expect(found.toSorted()).toEqual(told.toSorted());
});

test('on a terminal a worker says in sentences what alerts come to, and a test says what cools', async () => {
  await write(
    'look',
    `on: {alert: {match: alert.labels.alertname == "Broken", dedupe: "\${{ alert.labels.namespace }}", cooldown: 1h, inputs: {namespace: "\${{ alert.labels.namespace }}"}}}
inputs: {namespace: {type: string, required: true}}`,
  );
  const file = join(home.dir, 'alert.json');
  await writeFile(file, JSON.stringify(broken()));
  expect(await home.run('triggers', 'test', '--alert', file)).toMatchObject({ status: 0 });
  const terminal = new PseudoTerminal(home.command('worker'), home.env);
  try {
    await terminal.until('Listening for alerts and webhooks on ');
    const url = /on (http:\S+)\./.exec(`on ${await terminal.until('\r\n')}`)?.[1] ?? '';
    expect((await send(`${url}/alerts/main`, broken(), { authorization: 'Bearer wrong' })).status).toBe(401);
    await terminal.until('main: refused: The token does not fit, 1 in the last minute');
    await send(`${url}/alerts/main`, broken());
    await terminal.until('look in box, by the alert Broken of main: run ');
    await eventually(async () => expect(await runs()).toMatchObject([{ status: 'done' }]));
    await send(`${url}/alerts/main`, broken({ fingerprint: 'b1' }));
    await terminal.until('look in box, by the alert Broken of main: not run: cooling until 20');
    expect(terminal.raw).not.toContain('"event"');
  } finally {
    terminal.close();
  }
  const tried = await home.run('triggers', 'test', '--alert', file);
  expect(tried.stdout).toMatch(/Broken +look +not now: it cools until 20\S+Z/);
  expect(tried.status).toBe(5);
});
