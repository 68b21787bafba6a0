import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseWorld } from '../../src/sandbox/world.ts';
import { CliHome } from '../support/command-line.ts';

let home: CliHome;

beforeEach(async () => {
  home = await CliHome.make({ policy: '{low: ask, medium: ask, high: ask}', world: 'shop' });
});
afterEach(() => home.remove());

test('a home without a sandbox says so, and nothing is started for it', async () => {
  expect(await home.run('sandbox', 'status')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('No sandbox runs'),
  });
  expect(await home.run('sandbox', 'down')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('No sandbox runs'),
  });
  expect(await home.run('sandbox', 'advance', '10m')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('No sandbox runs'),
  });
});

test('the sandbox in the background tells its state without its token, moves its clock, and ends', async () => {
  await home.run('k8s', 'list', 'pods');
  const { token, pid } = JSON.parse(readFileSync(join(home.dir, 'home', 'sandbox.json'), 'utf8')) as {
    token: string;
    pid: number;
  };
  const before = await home.run('sandbox', 'status');
  expect(before.stdout).toMatch(/world +shop, Kubernetes v1\.36/);
  expect(before.stdout).toMatch(/time .*as everywhere/);
  expect(before.stdout).toMatch(/holds +3 nodes/);
  expect(before.stdout).toMatch(/used by +box/);
  expect(before.stdout + before.stderr).not.toContain(token);

  const moved = await home.run('sandbox', 'advance', '90m');
  expect(moved.stdout).toContain('moved ahead by 1h 30m');
  expect((await home.run('sandbox', 'advance', '1m')).stdout).toContain('moved ahead by 1h 31m');
  for (const wrong of ['0m', '31d', 'soon', '-5m', '1e3s'])
    expect(await home.run('sandbox', 'advance', '--', wrong)).toMatchObject({ status: 2 });

  const asked = await home.run('k8s', 'scale', 'deployment/cart', '--replicas', '5', '-n', 'shop');
  const ticket = /Ticket (\w{8})/.exec(asked.stdout)?.[1] ?? '';
  const down = await home.run('sandbox', 'down');
  expect(down.stdout).toContain('The sandbox shop has ended.');
  expect(down.stderr).toContain(ticket);
  expect(down.stderr).toContain('WRONG_CLUSTER');
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  expect((await home.run('sandbox', 'status')).stdout).toContain('No sandbox runs');
});

test('a twin is written for this user alone, served by its name, and used as a world', async () => {
  const written = await home.run('sandbox', 'load', '--from', 'box', '-n', 'shop');
  expect(written.stderr).not.toContain('error');
  const file = join(home.dir, 'home', 'worlds', 'box.yaml');
  expect(written.stdout).toContain(file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const text = readFileSync(file, 'utf8');
  expect(text).not.toContain('correct-horse');
  expect(parseWorld(text, 'box').objects.length).toBeGreaterThan(20);
  // Once more: in its place only where that is said.
  expect(await home.run('sandbox', 'load', '--from', 'box')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('--replace'),
  });
  expect(readFileSync(file, 'utf8')).toBe(text);
  expect((await home.run('sandbox', 'load', '--from', 'box', '--replace')).status).toBe(0);
  expect(readFileSync(file, 'utf8')).not.toBe(text);
  expect(readdirSync(dirname(file))).toEqual(['box.yaml']);

  await home.run('sandbox', 'down');
  const config = join(home.dir, 'vigie.yaml');
  writeFileSync(config, readFileSync(config, 'utf8').replace('world: shop', 'world: box'));
  expect((await home.run('k8s', 'list', 'deployments', '-n', 'shop')).stdout).toMatch(/storefront .*3\/3/);
});

test('a sandbox that was killed is none, and the next one answers for another cluster', async () => {
  const asked = await home.run('k8s', 'scale', 'deployment/cart', '--replicas', '5', '-n', 'shop');
  const ticket = /Ticket (\w{8})/.exec(asked.stdout)?.[1] ?? '';
  const { pid } = JSON.parse(readFileSync(join(home.dir, 'home', 'sandbox.json'), 'utf8')) as { pid: number };
  process.kill(pid, 'SIGKILL');
  for (const command of ['status', 'down'])
    expect((await home.run('sandbox', command)).stdout).toContain('No sandbox runs');
  await home.run('k8s', 'list', 'pods');
  const shown = await home.run('changes', 'get', ticket);
  expect(shown.stdout + shown.stderr).not.toContain('INTERNAL');
  expect((await home.run('sandbox', 'status')).stdout).toContain('as everywhere');
});

test.each([
  { words: [], statuses: [0, 1] },
  { words: ['--replace'], statuses: [0, 0] },
])(
  'two twins written at once with $words are one whole file',
  async ({ words, statuses }) => {
    const load = () => home.run('sandbox', 'load', '--from', 'box', '-n', 'shop', ...words);
    const both = await Promise.all([load(), load()]);
    expect(both.map(({ status }) => status ?? -1).sort((one, other) => one - other)).toEqual(statuses);
    const text = readFileSync(join(home.dir, 'home', 'worlds', 'box.yaml'), 'utf8');
    expect(parseWorld(text, 'box').cluster.nodes).toHaveLength(3);
  },
  120_000,
);

test('a twin takes no name of a world that comes with Vigie, and no file that exists', async () => {
  const config = join(home.dir, 'vigie.yaml');
  writeFileSync(config, readFileSync(config, 'utf8').replace('  box:', '  faults:'));
  expect(await home.run('sandbox', 'load', '--from', 'faults')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('comes with Vigie'),
  });
  const file = join(home.dir, 'mine.yaml');
  writeFileSync(file, 'mine');
  const taken = await home.run('sandbox', 'load', '--from', 'faults', '--to', file);
  expect(taken.stderr).toContain('never overwrites');
  expect(readFileSync(file, 'utf8')).toBe('mine');
  expect((await home.run('sandbox', 'load', '--from', 'nowhere')).stderr).toContain(
    'no environment "nowhere"',
  );
});

test('of a sandbox of another version it is said how to end it, and that ends it', async () => {
  const older =
    "require('node:http').createServer((asked, answer) => { answer.statusCode = asked.url === '/version' ? 200 : 404; answer.end(); }).listen(0, '127.0.0.1', function () { console.log(this.address().port); })";
  const child = spawn(process.execPath, ['-e', older], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  const address = { pid: child.pid, url: `http://127.0.0.1:${Number(port)}`, token: 'x', world: 'shop' };
  mkdirSync(join(home.dir, 'home'), { recursive: true });
  writeFileSync(join(home.dir, 'home', 'sandbox.json'), JSON.stringify(address));
  const { status, stderr } = await home.run('sandbox', 'status');
  expect(status).toBe(1);
  expect(stderr).toContain('vigie sandbox down');
  expect(stderr).not.toContain('vigie sandbox status');
  const ended = once(child, 'exit');
  expect((await home.run('sandbox', 'down')).stdout).toContain('has ended');
  await ended;
  rmSync(join(home.dir, 'home', 'sandbox.json'));
});
