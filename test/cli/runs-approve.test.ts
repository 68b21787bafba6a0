import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CliHome } from '../support/command-line.ts';
import { eventually } from '../support/eventually.ts';
import { PseudoTerminal } from '../support/pseudo-terminal.ts';

// A person decides what a run waits for, at a terminal, while another process goes on with the run.

let home: CliHome;
let passphrase = '';

beforeAll(async () => {
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
  await mkdir(join(own, 'grow'), { recursive: true, mode: 0o700 });
  await writeFile(
    join(own, 'grow', 'playbook.yaml'),
    `apiVersion: vigie/v1
kind: Playbook
metadata: {name: grow, title: A trial}
steps:
  - {id: gate, approval: {for: [up], expires: 30m}}
  - {id: up, tool: k8s_scale, with: {target: {kind: Deployment, name: cart, namespace: shop}, replicas: 3}}
  - {id: down, tool: k8s_scale, with: {target: {kind: Deployment, name: cart, namespace: shop}, replicas: 2}}
`,
    { mode: 0o600 },
  );
  const terminal = new PseudoTerminal(home.command('approvers', 'add', 'alice'), home.env);
  await terminal.until('\r\n    ');
  passphrase = (await terminal.until('\r\n')).trim();
  await terminal.until('Type them to go on: ');
  terminal.type(`${passphrase}\r`);
  await terminal.ended();
  terminal.close();
});
afterAll(() => home.remove());

async function newest(): Promise<{ id: string; status: string; waits: { path: string; kind: string }[] }> {
  const { stdout } = await home.run('runs', 'list', '-o', 'json');
  const { runs } = JSON.parse(stdout);
  return runs[0];
}

async function approve(id: string): Promise<string> {
  const terminal = new PseudoTerminal(home.command('runs', 'approve', id), home.env);
  try {
    await terminal.readOnUntil('Passphrase of');
    terminal.type(`${passphrase}\r`);
    expect(await terminal.ended()).toBe(0);
    return terminal.shown;
  } finally {
    terminal.close();
  }
}

test('a gate and then a ticket of its own are decided by the name of their run', async () => {
  const worker = home.start('run', 'grow');
  const ended = new Promise<number | null>(resolve => worker.once('close', code => resolve(code)));
  const waitsAt = async (path: string): Promise<string> => {
    const { id, waits } = await newest();
    expect(waits).toContainEqual(expect.objectContaining({ path, kind: 'message' }));
    return id;
  };
  await eventually(async () => void (await waitsAt('gate')));
  const { id } = await newest();
  expect((await home.run('runs', 'show', id)).stdout).toContain('for a person: vigie approve ');
  const gate = await approve(id);
  expect(gate).toContain('nothing is sent now');
  expect(gate).toContain('and nothing else');
  expect(gate).toContain('nothing was sent');
  await eventually(async () => void (await waitsAt('down')));
  expect(await approve(id)).toContain('3 → 2');
  expect(await ended).toBe(0);
  expect(await home.run('runs', 'approve', id)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('waits for no person: it is done'),
  });
}, 120_000);
