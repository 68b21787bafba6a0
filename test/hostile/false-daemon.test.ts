import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deriveKey, newSalt, type SigningKey } from '../../src/config/signing.ts';
import { isObject, type Json, type JsonObject } from '../../src/core/json.ts';
import { protocolVersion } from '../../src/desk/wire/protocol.ts';
import { main } from '../support/command-line.ts';
import { PseudoTerminal } from '../support/pseudo-terminal.ts';

// A daemon that somebody has taken over: it says what it likes on the approver's terminal, and would have anything signed.

const passphrase = 'a long passphrase of the approver';
const hash = 'a'.repeat(64);
const ticket = 'abcd1234';
const later = () => new Date(Date.now() + 3_600_000).toISOString();
const hostile = '\u001B[2J\u001B]52;c;cm0gLXJmIC8=\u0007';

const approval = () => ({
  v: 1,
  ticket,
  digest: hash,
  environment: 'prod',
  cluster: '{}',
  decision: 'approve',
  approver: 'alice',
  expiresAt: later(),
  policyHash: hash,
  auditHead: hash,
});
const lifting = () => ({
  v: 1,
  act: 'kill-switch-off',
  approver: 'alice',
  at: new Date().toISOString(),
  auditHead: hash,
  lifts: hash,
});
const addition = () => ({
  act: 'add',
  person: 'mallory',
  publicKey: 'MALLORY',
  salt: 'x',
  addedAt: new Date().toISOString(),
  addedBy: 'alice',
  via: 'x',
  previous: hash,
});

let run: string;
let servers: Server[];
let key: SigningKey;
/** What it would have signed, and what it got. */
let wanted: JsonObject = {};
let got: JsonObject[] = [];

beforeAll(async () => {
  key = await deriveKey({ passphrase, salt: newSalt() });
  run = await mkdtemp(join(tmpdir(), 'vigie-false-'));
  servers = await Promise.all(
    [
      ['agent', 'agent.sock'],
      ['approve', 'approve.sock'],
    ].map(async ([folder = '', file = '']) => {
      await mkdir(join(run, folder, 'callers'), { recursive: true, mode: 0o755 });
      const server = createServer(socket => serve(socket, folder));
      await new Promise<void>(resolve => server.listen(join(run, folder, file), resolve));
      return server;
    }),
  );
});
afterAll(async () => {
  for (const server of servers) server.close();
  await rm(run, { recursive: true, force: true });
});

function serve(socket: Socket, folder: string): void {
  const challenge = { name: 'a'.repeat(32), nonce: 'b'.repeat(64) };
  const say = (line: JsonObject) => socket.write(`${JSON.stringify(line)}\n`);
  socket.on('error', () => {});
  say({ hello: { protocol: protocolVersion, version: `9${hostile}`, challenge } });
  createInterface({ input: socket }).on('line', text => {
    const line: unknown = JSON.parse(text);
    if (!isObject(line)) return;
    if ('hello' in line)
      void rm(join(run, folder, 'callers', challenge.name), { force: true }).then(() =>
        say({ welcome: { login: 'root', uid: 0, daemonUid: 0, assurance: 'separated', reasons: [] } }),
      );
    const { id, method, params } = line;
    if (id === undefined || typeof method !== 'string') return;
    if (['settle', 'commitStatement'].includes(method) && isObject(params)) got.push(params);
    const keys = { person: 'alice', publicKey: key.publicKey, salt: key.salt };
    const results: Record<string, Json> = {
      approverKeys: [keys],
      killSwitch: { on: true, by: 'somebody', at: 'once', why: hostile },
      policy: { hash, file: hostile, accepted: false, environments: [], besides: [hostile] },
      review: { shown: { screen: `Change ${ticket}: harmless ${hostile}`, payload: wanted } },
      prepareStatement: { statement: wanted, shows: [`The kill switch is on ${hostile}`] },
      settle: { status: 'done', data: {}, text: 'ok' },
      commitStatement: { said: 'ok' },
      auditLines: { lines: ['{"why":"\u202Efdp"}\n'] },
    };
    say({ id, result: results[method] ?? null });
  });
}

/** Runs a command as somebody who types the passphrase where it is asked for. */
async function asked(words: string[], content: JsonObject): Promise<{ status: number; shown: string }> {
  wanted = content;
  got = [];
  const { PATH } = process.env;
  const terminal = new PseudoTerminal([process.execPath, main, ...words], {
    PATH,
    HOME: '/nonexistent',
    TERM: 'xterm',
    VIGIE_DAEMON: run,
  });
  try {
    const question = terminal.until('Passphrase of alice').then(
      () => terminal.type(`${passphrase}\r`),
      () => {},
    );
    const status = await terminal.ended();
    await question;
    return { status, shown: terminal.raw };
  } finally {
    terminal.close();
  }
}

describe('a daemon that somebody has taken over', () => {
  test.each<[string, string[], () => JsonObject]>([
    ['an entry of the approvers file as an approval', ['approve', ticket], addition],
    ['another ticket', ['approve', ticket], () => ({ ...approval(), ticket: 'wxyz1234' })],
    ['an approval that says more', ['approve', ticket], () => ({ ...approval(), act: 'policy-accept' })],
    [
      'an approval for years',
      ['approve', ticket],
      () => ({ ...approval(), expiresAt: '2999-01-01T00:00:00Z' }),
    ],
    ['an approval by another', ['approve', ticket], () => ({ ...approval(), approver: 'bob' })],
    ['a statement as an approval', ['approve', ticket], lifting],
    ['an entry of the approvers file as a statement', ['kill-switch', 'off'], addition],
    ['another act', ['policy', 'accept'], lifting],
    ['a statement for later', ['kill-switch', 'off'], () => ({ ...lifting(), at: later() })],
  ])('cannot have signed %s', async (_name, words, content) => {
    const { status, shown } = await asked(words, content());
    expect(shown).toContain('Nothing was signed');
    expect(shown).not.toContain('Passphrase of alice');
    expect(status).not.toBe(0);
    expect(got).toEqual([]);
  });

  test('has signed what was asked for, told from the content itself, and moves no cursor', async () => {
    const approved = await asked(['approve', ticket], approval());
    expect(approved.shown).toContain(
      `You sign as alice: the approval of ticket ${ticket} in prod, plan ${hash.slice(0, 16)}, policy ${hash.slice(0, 16)}, until `,
    );
    expect(got).toMatchObject([{ id: ticket, by: { payload: wanted, publicKey: key.publicKey } }]);
    const lifted = await asked(['kill-switch', 'off'], lifting());
    expect(lifted.shown).toContain('You sign as alice: the kill switch goes off');
    expect(got).toMatchObject([{ signed: { statement: wanted } }]);
    const others = await Promise.all(
      [['kill-switch', 'status'], ['policy', 'show'], ['audit', 'export'], ['doctor']].map(words =>
        asked(words, {}),
      ),
    );
    for (const { shown } of [approved, lifted, ...others]) {
      expect(shown).not.toContain('\u001B[2J');
      expect(shown).not.toContain('\u001B]');
      expect(shown).not.toContain('\u0007');
      expect(shown).not.toContain('\u202E');
    }
  });
});
