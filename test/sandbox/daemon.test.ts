import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectSandbox } from '../../src/sandbox/daemon.ts';

const run = promisify(execFile);
const program = join(import.meta.dirname, '../support/sandbox-daemon.ts');

interface Address {
  pid: number;
  url: string;
  token: string;
  world: string;
}

let home: string;
const started = new Set<number>();

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'vigie-home-'));
});

afterEach(async () => {
  for (const pid of started) await end(pid);
  started.clear();
  rmSync(home, { recursive: true, force: true });
});

/** What the file of the home says; its server is ended after the test. */
function readAddress(): Address {
  const address = JSON.parse(readFileSync(join(home, 'sandbox.json'), 'utf8')) as Address;
  started.add(address.pid);
  return address;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function end(pid: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (isAlive(pid)) process.kill(pid, signal);
  await expect.poll(() => isAlive(pid)).toBe(false);
}

const connectHere = (world = 'shop'): Promise<{ url: string; token: string }> =>
  connectSandbox({ home, world, command: [process.execPath, program, 'serve', home, world] });

async function connectElsewhere(): Promise<Address> {
  const { stdout } = await run(process.execPath, [program, 'connect', home]);
  return JSON.parse(stdout) as Address;
}

test('processes that need the sandbox at the same moment end with one server', async () => {
  const found = await Promise.all([connectElsewhere(), connectElsewhere(), connectElsewhere()]);
  const { url, token } = readAddress();
  expect(found.map(each => [each.url, each.token])).toEqual(found.map(() => [url, token]));
});

test("the file with the token is the owner's alone, and names a server that answers to it", async () => {
  const { url, token } = await connectHere();
  expect(readAddress()).toMatchObject({ url, token, world: 'shop' });
  expect(statSync(join(home, 'sandbox.json')).mode & 0o777).toBe(0o600);
  const answer = await fetch(`${url}/version`, { headers: { authorization: `Bearer ${token}` } });
  expect(answer.status).toBe(200);
});

test('a server that died is replaced', async () => {
  const first = await connectHere();
  await end(readAddress().pid, 'SIGKILL');
  const second = await connectHere();
  expect(second.token).not.toBe(first.token);
  expect(readAddress().token).toBe(second.token);
});

test('a lock whose holder died does not keep anybody from starting', async () => {
  const { pid } = readDead();
  writeFileSync(join(home, 'sandbox.lock'), `${pid} someone`);
  await connectHere();
  expect(readAddress().world).toBe('shop');
});

/** A process id that nobody has any more. */
function readDead(): { pid: number } {
  // Linux gives no id above its limit, which is below this one.
  return { pid: 2 ** 22 + 1 };
}

test('a file that cannot be understood counts as no server', async () => {
  writeFileSync(join(home, 'sandbox.json'), '{"pid": "x"');
  await connectHere();
  expect(readAddress().world).toBe('shop');
});

test('a stopped server takes its file along', async () => {
  await connectHere();
  await end(readAddress().pid);
  expect(() => readFileSync(join(home, 'sandbox.json'))).toThrow('ENOENT');
});

test('another world in the same home is refused with what to do', async () => {
  await connectHere();
  readAddress();
  await expect(connectHere('other')).rejects.toMatchObject({
    code: 'SANDBOX',
    message: expect.stringContaining('runs the world shop, not other'),
    hint: expect.stringContaining('VIGIE_HOME'),
  });
});

test('a command that does not exist is told at once', async () => {
  const missing = join(home, 'no-such-program');
  await expect(connectSandbox({ home, world: 'shop', command: [missing] })).rejects.toMatchObject({
    code: 'SANDBOX',
    message: expect.stringContaining('cannot be started'),
  });
});

test('a server that ends at once is told with its status, not waited for', async () => {
  await expect(connectHere('nowhere')).rejects.toMatchObject({
    code: 'SANDBOX',
    message: expect.stringMatching(/world nowhere.*ended with status 1/),
    hint: expect.stringContaining('vigie sandbox up'),
  });
});

test('a server that nobody asks any more ends by itself, with its file', async () => {
  const ended = run(process.execPath, [program, 'serve', home, 'shop', '500']);
  await expect(ended).resolves.toMatchObject({ stderr: '' });
  expect(() => readFileSync(join(home, 'sandbox.json'))).toThrow('ENOENT');
});
