import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signedText } from '../../src/core/approval.ts';
import { socketIn } from '../../src/desk/wire/trusted-socket.ts';
import { main } from '../support/command-line.ts';
import { clientOf, eras } from '../support/mcp-clients.ts';
import { PseudoTerminal } from '../support/pseudo-terminal.ts';
import { makeRunFolder, TestDaemon } from '../support/start-daemon.ts';
import { idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';

const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };

/** A client's process: it names no files of an installation, so that it goes to the daemon. */
function clientEnv(run: string): NodeJS.ProcessEnv {
  const { PATH } = process.env;
  return { PATH, HOME: '/nonexistent', VIGIE_DAEMON: run };
}

describe.each(eras)('a %s MCP client of vigie serve --stdio', era => {
  let daemon: TestDaemon;
  beforeAll(async () => {
    daemon = await TestDaemon.start();
  });
  afterAll(() => daemon.stop());

  async function connect(...more: string[]) {
    const client = clientOf(era);
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [main, 'serve', '--stdio', ...more],
      env: Object.fromEntries(
        Object.entries(clientEnv(daemon.run)).filter(each => each[1] !== undefined),
      ) as Record<string, string>,
      cwd: '/',
    });
    await client.connect(transport);
    return client;
  }

  test('is served by the daemon, for the account that started it', async () => {
    const client = await connect();
    const result = await client.callTool({ name: 'k8s_scale', arguments: { target: web, replicas: 5 } });
    expect(result.structuredContent).toMatchObject({ status: 'approval_required' });
    const [ticket] = (await (await daemon.desk('agent')).tickets({})).tickets;
    expect(ticket?.actor).toMatchObject({ kind: 'agent', name: 'probe-client', via: 'mcp-stdio' });
    expect(ticket?.actor.onBehalfOf).toBe((await daemon.connection('agent')).welcomed.login);
    await client.close();
  });

  test('has no more calls at once than any other caller of the daemon', async () => {
    const client = await connect();
    const asked = await client.callTool({ name: 'k8s_scale', arguments: { target: web, replicas: 8 } });
    const { id } = asked.structuredContent as { id: string };
    const stop = new AbortController();
    const wait = { name: 'changes_get', arguments: { id, waitSeconds: 60 } };
    const calls = Array.from({ length: 16 }, () => client.callTool(wait, { signal: stop.signal }));
    const ended = Promise.allSettled(calls);
    await expect(client.callTool(wait)).rejects.toThrow('No more than 16 calls at once');
    stop.abort();
    await ended;
    await client.close();
  });

  test('is narrowed by --read-only and --toolsets', async () => {
    const client = await connect('--read-only', '--toolsets', 'k8s');
    const { tools } = await client.listTools();
    expect(tools.length).toBeGreaterThan(3);
    expect(
      tools.filter(tool => !tool.name.startsWith('k8s_') || tool.annotations?.readOnlyHint !== true),
    ).toEqual([]);
    const result = await client.callTool({ name: 'k8s_scale', arguments: { target: web, replicas: 6 } });
    expect(result.isError).toBe(true);
    await client.close();
  });
});

test('vigie serve --stdio through a daemon ends with a status when a family of tools does not exist', async () => {
  const daemon = await TestDaemon.start();
  const child = spawn(process.execPath, [main, 'serve', '--stdio', '--toolsets', 'k9s'], {
    env: clientEnv(daemon.run),
    cwd: '/',
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (data: Buffer) => {
    said += data.toString();
  });
  const [status] = await once(child, 'close');
  expect(status).toBe(2);
  expect(said).toContain('no family of tools named k9s');
  await daemon.stop();
});

test('vigie serve --stdio ends with a status and a word when the daemon goes away', async () => {
  const daemon = await TestDaemon.start();
  const child = spawn(process.execPath, [main, 'serve', '--stdio'], {
    env: clientEnv(daemon.run),
    cwd: '/',
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (data: Buffer) => {
    said += data.toString();
  });
  const hello = {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
  };
  child.stdin.write(`${JSON.stringify(hello)}\n`);
  await once(child.stdout, 'data');
  const ended = once(child, 'close');
  await daemon.close();
  // The client's own end stays open.
  expect((await ended)[0]).toBe(1);
  expect(said).toContain('The daemon went away');
  await daemon.stop();
});

describe('a daemon of its own process', () => {
  let at: TestVigie;
  let run: string;
  beforeAll(async () => {
    at = await startVigie();
    run = makeRunFolder(at.dir);
  });
  const children: ChildProcess[] = [];
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await at.stop();
  });

  async function start(): Promise<ChildProcess> {
    const child = spawn(process.execPath, [main, 'daemon', '--run', run, '--config', at.configFile], {
      env: { ...clientEnv(run), HOME: at.dir, VIGIE_HOME: join(at.dir, 'data') },
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (data: Buffer) => {
        said += data.toString();
        if (said.includes('listens at')) resolve();
      });
      child.once('exit', () => reject(new Error(said)));
    });
    return child;
  }

  async function vigie(...words: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
    const child = spawn(process.execPath, [main, ...words], { env: clientEnv(run), cwd: '/' });
    const ended = { status: -1, stdout: '', stderr: '' };
    child.stdout.on('data', (data: Buffer) => {
      ended.stdout += data.toString();
    });
    child.stderr.on('data', (data: Buffer) => {
      ended.stderr += data.toString();
    });
    const [status] = await once(child, 'close');
    return { ...ended, status: Number(status) };
  }

  test('answers commands; killed, it is missed; started again, it finds what it left', async () => {
    const first = await start();
    const asked = await vigie('k8s', 'scale', 'deployment/web', '-n', 'shop', '--replicas', '5');
    expect(asked).toMatchObject({ status: 3, stdout: expect.stringContaining('approval_required') });
    const killed = once(first, 'exit');
    first.kill('SIGKILL');
    await killed;
    expect(existsSync(socketIn(run, 'agent'))).toBe(true);
    const missed = await vigie('approvals');
    expect(missed).toMatchObject({ status: 1, stderr: expect.stringContaining('does not answer') });
    const second = await start();
    const found = await vigie('approvals', '-o', 'json');
    expect(found).toMatchObject({ status: 0, stdout: expect.stringContaining('"Deployment/web') });
    const ended = once(second, 'exit');
    second.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(existsSync(socketIn(run, 'agent'))).toBe(false);
  });

  test('has approvers of its own, which vigie approvers add says', async () => {
    const home = join(at.dir, 'another-account');
    const terminal = new PseudoTerminal([process.execPath, main, 'approvers', 'add', 'mallory'], {
      ...clientEnv(run),
      HOME: home,
      TERM: 'xterm',
    });
    try {
      await terminal.until('The daemon of this machine has its own');
      await terminal.until('Type them to go on: ');
      terminal.type('\u0003');
      expect(await terminal.ended()).not.toBe(0);
    } finally {
      terminal.close();
    }
  });

  test.each([
    ['tokens', 'remove', 'laptop'],
    ['serve', '--http', '0.0.0.0:0'],
  ])('has HTTP clients of its own at most, which vigie %s %s %s says', async (...words) => {
    expect((await vigie(...words)).stderr).toContain('The daemon of this machine has its own');
  });

  test('is where vigie approve shows, asks and has it done', async () => {
    const child = await start();
    const id = idOf(await at.call('k8s_scale', { target: web, replicas: 4, waitSeconds: 60 }));
    const terminal = new PseudoTerminal([process.execPath, main, 'approve', id], {
      ...clientEnv(run),
      TERM: 'xterm',
    });
    try {
      // There is one approver, whatever the OS user is called.
      const shown = await terminal.readOnUntil(`Passphrase of alice, to approve ${id}: `);
      expect(shown).toContain(`At the daemon's desk: ${socketIn(run, 'approver')}, of uid`);
      expect(shown).toContain('this very account');
      expect(shown).toContain('spec.replicas 2 → 4');
      terminal.type('some other words\r');
      await terminal.until('4 left');
      terminal.type('the long passphrase of alice\r');
      await terminal.until('Audit head: ');
      expect(await terminal.ended()).toBe(0);
      expect(terminal.shown).toMatch(/done: .*web/);
      expect(terminal.shown).not.toContain('long passphrase');
    } finally {
      terminal.close();
    }
    expect((await at.call('changes_get', { id })).data).toMatchObject({ state: 'done' });
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  });

  test('ends on SIGTERM with what runs recorded, and its exit status is 0', async () => {
    const child = await start();
    const id = idOf(await at.call('k8s_scale', { target: web, replicas: 7, waitSeconds: 60 }));
    const { DeskConnection } = await import('../../src/desk/wire/connection.ts');
    const { WireApproverDesk } = await import('../../src/desk/wire/desks.ts');
    const connection = await DeskConnection.open(socketIn(run, 'approver'), { version: '0' });
    const desk = new WireApproverDesk(connection);
    const { signal } = new AbortController();
    const opened = await desk.review({ id, person: 'alice' }, { signal });
    if ('result' in opened) throw new Error(opened.result.text);
    const { payload } = opened.shown;
    const by = {
      payload,
      signature: at.key.sign(signedText('approval', payload)),
      publicKey: at.key.publicKey,
    };
    const ended = once(child, 'exit');
    let told = false;
    const stopOnce = () => {
      // A second one would end it at once, as a second Ctrl-C does.
      if (!told) child.kill('SIGTERM');
      told = true;
    };
    const settled = desk.settle({ id, by }, { signal, progress: stopOnce });
    const result = await settled;
    expect(['done', 'unverified', 'failed']).toContain(result.status);
    expect(await ended).toEqual([0, null]);
    const { data } = await at.call('changes_get', { id });
    expect(data['state']).not.toBe('executing');
    expect(data['state']).not.toBe('waiting');
  });
});
