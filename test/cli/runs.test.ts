import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CliHome } from '../support/command-line.ts';
import { eventually } from '../support/eventually.ts';
import { PseudoTerminal } from '../support/pseudo-terminal.ts';

let home: CliHome;
beforeEach(async () => {
  home = await CliHome.make();
  const own = join(home.dir, 'playbooks');
  await writeFile(
    join(home.dir, 'vigie.yaml'),
    `witness: {journal: false}
playbooks: {directory: ${own}}
environments: {box: {sandbox: {world: shop}, policy: {low: ask, medium: ask, high: ask}}}
`,
    { mode: 0o600 },
  );
  await write('look', 'steps: [{id: see, tool: k8s_list, with: {kind: Deployment}}]');
  await write(
    'grow',
    `inputs: {replicas: {type: integer, default: 3}}
steps:
  - {id: see, tool: k8s_list, with: {kind: Deployment, namespace: shop}}
  - {id: up, tool: k8s_scale, with: {target: {kind: Deployment, name: cart, namespace: shop}, replicas: "\${{ inputs.replicas }}"}}
finally: [{id: last, tool: k8s_list, with: {kind: Pod, namespace: shop}}]`,
  );
});
afterEach(() => home.remove());

async function write(name: string, body: string): Promise<void> {
  const folder = join(home.dir, 'playbooks', name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const head = `apiVersion: vigie/v1\nkind: Playbook\nmetadata: {name: ${name}, title: A trial}\n`;
  await writeFile(join(folder, 'playbook.yaml'), `${head}${body}\n`, { mode: 0o600 });
}

async function newest(): Promise<{ id: string; status: string; waits: { key?: string }[] }> {
  const { stdout } = await home.run('runs', 'list', '-o', 'json');
  const { runs } = JSON.parse(stdout);
  return runs[0];
}

test('a playbook runs here and shows each step, and what it did is told again later', async () => {
  const { status, stdout, stderr } = await home.run('run', 'look');
  expect({ status, stdout }).toEqual({ status: 0, stdout: '✓ see\ndone\n' });
  const id = /^Run (\w+)$/m.exec(stderr)?.[1] ?? '';
  const shown = await home.run('runs', 'show', id);
  expect(shown.stdout).toMatch(
    new RegExp(`^look ${id}: done\n.*box.* by \\S+ · ended 20\\S+Z\n✓ see: k8s_list\n$`),
  );
  expect((await home.run('runs', 'logs', id)).stdout).toContain('"kind":"Deployment"');
  const logged = JSON.parse((await home.run('runs', 'logs', id, '-o', 'json')).stdout);
  expect(logged).toMatchObject({
    run: id,
    steps: expect.arrayContaining([
      expect.objectContaining({ path: 'see', at: expect.stringMatching(/^20.*Z$/) }),
    ]),
  });
  expect(await home.run('runs', 'cancel', id)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('has ended'),
  });
  expect(await home.run('runs', 'show', 'nothing')).toMatchObject({ status: 1 });
});

test('what cannot be run is refused before anything begins', async () => {
  expect(await home.run('run', 'grow', '-i', 'replicas=many')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('replicas must be a whole number'),
  });
  expect(await home.run('run', 'grow', '-i', 'size=3')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('it takes no size'),
  });
  expect(await home.run('run', 'grew')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('Did you mean grow?'),
  });
  await write('wrong', 'steps: [{id: see, tool: k8s_lost, with: {}}]');
  expect(await home.run('run', 'wrong')).toMatchObject({
    stderr: expect.stringContaining('has mistakes'),
  });
  expect((await home.run('runs')).stdout).toBe('There are no runs.\n');
});

test('a run waits for a person: Ctrl-C leaves it, a rejection elsewhere wakes it, and a worker ends it', async () => {
  const child = home.start('run', 'grow');
  let said = '';
  child.stderr?.on('data', (data: Buffer) => {
    said += data.toString();
  });
  await eventually(() => expect(said).toContain('vigie approve'));
  const ended = new Promise<number | null>(resolve => child.once('close', code => resolve(code)));
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  const waiting = await newest();
  expect(waiting.status).toBe('waiting');
  expect(said).toContain(`vigie runs cancel ${waiting.id}`);
  const ticket = waiting.waits.flatMap(({ key }) => key?.replace('ticket:', '') ?? [])[0] ?? '';
  expect(await home.run('reject', ticket, '--reason', 'not today')).toMatchObject({ status: 0 });
  expect((await newest()).status).toBe('ready');
  // Nobody is asked any more, and whether a worker runs is not known.
  const woken = await home.run('runs', 'show', waiting.id);
  expect(woken.stdout).toContain('with replicas=3\n');
  expect(woken.stdout).not.toContain('vigie approve');
  expect(woken.stderr).toContain('vigie worker goes on with it, where none runs.');
  expect(await home.run('runs', 'resume', waiting.id)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('vigie worker goes on with it, where none runs'),
  });

  const worker = home.start('worker');
  await eventually(async () => expect((await newest()).status).toBe('failed'));
  worker.kill('SIGTERM');
  const shown = await home.run('runs', 'show', waiting.id);
  expect(shown.stdout).toMatch(/✗ up: k8s_scale: .*: rejected by \S+: not today/);
  expect(shown.stdout).toContain('✓ finally\n  ✓ last: k8s_list');
});

test('a cancelled run gives its ticket back, and cleans up', async () => {
  const child = home.start('run', 'grow');
  await eventually(async () => expect((await newest())?.status).toBe('waiting'));
  const { id } = await newest();
  expect(await home.run('runs', 'cancel', id)).toMatchObject({ status: 0 });
  expect(await new Promise(resolve => child.once('close', resolve))).toBe(1);
  expect((await home.run('runs', 'show', id)).stdout).toMatch(
    /cancelled[^]*✗ up: k8s_scale.*void[^]*✓ finally\n {2}✓ last/,
  );
  expect((await home.run('approvals')).stdout).not.toContain('cart');
});

test('on a terminal its steps are a tree that is drawn over, and at the end stands once', async () => {
  const terminal = new PseudoTerminal(home.command('run', 'grow'), home.env);
  try {
    await terminal.until('up: k8s_scale  change');
    await terminal.until('for a person: vigie approve ');
    const { id, waits } = await newest();
    const ticket = waits.flatMap(({ key }) => key?.replace('ticket:', '') ?? [])[0] ?? '';
    expect(await home.run('reject', ticket)).toMatchObject({ status: 0 });
    await terminal.until('failed: ');
    await terminal.until(`vigie runs logs ${id}`);
    expect(terminal.raw).not.toContain(`vigie runs retry ${id}`);
    expect(await terminal.ended()).toBe(4);
    // Up a line and over it, as often as it was drawn.
    expect(terminal.raw).toContain('\u001B[1A\r\u001B[2K');
    const end = terminal.raw.slice(terminal.raw.lastIndexOf('\u001B[1A'));
    expect(end.match(/see: k8s_list/g)).toHaveLength(1);
    expect(end.match(/last: k8s_list/g)).toHaveLength(1);
  } finally {
    terminal.close();
  }
});

test('who holds a run is shown, and what to type next', async () => {
  await write('rest', 'steps: [{id: sleep, wait: {for: 1h}}]');
  const child = home.start('run', 'rest');
  const ended = new Promise<number | null>(resolve => child.once('close', code => resolve(code)));
  await eventually(async () => expect((await newest())?.status).toBe('waiting'));
  const { id } = await newest();
  const paused = await home.run('runs', 'pause', id);
  expect(paused).toMatchObject({
    stdout: `${id}: paused\n`,
    stderr: `Let it go on: vigie runs resume ${id}\n`,
  });
  expect(await ended).toBe(130);
  expect((await home.run('runs', 'show', id)).stdout).toMatch(new RegExp(`^rest ${id}: paused by \\S+\\n`));
  expect(await home.run('runs', 'resume', id)).toMatchObject({
    stdout: `${id}: resumed\n`,
    stderr: 'vigie worker goes on with it, where none runs.\n',
  });
});

test('of many runs as many are listed as are asked for, of one environment, and times are ISO 8601', async () => {
  for (let count = 0; count < 3; count += 1) await home.run('run', 'look');
  const some = await home.run('runs', '--limit', '2', '-e', 'box', '-o', 'json');
  expect(JSON.parse(some.stdout)).toMatchObject({
    truncated: true,
    runs: [{ startedAt: expect.stringMatching(/^20.*Z$/), endedAt: expect.stringMatching(/^20.*Z$/) }, {}],
  });
  expect((await home.run('runs', '--limit', '2')).stderr).toContain('--limit shows more');
  expect(await home.run('runs', '--limit', '0')).toMatchObject({ status: 2 });
  expect(await home.run('runs', '-e', 'bix')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('box'),
  });
});

test('an input that looks like a secret is masked where a run is shown', async () => {
  await write(
    'told',
    'inputs: {note: {type: string}}\nsteps: [{id: see, tool: k8s_list, with: {kind: Deployment}}]',
  );
  const dsn = 'postgres://shop:planted-pass-1234@db/shop';
  await home.run('run', 'told', '-i', `note=${dsn}`);
  const { id } = await newest();
  for (const words of [[], ['-o', 'json']]) {
    const { stdout } = await home.run('runs', 'show', id, ...words);
    expect(stdout).toContain('note');
    expect(stdout).not.toContain('planted-pass-1234');
  }
});
