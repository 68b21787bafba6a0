import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { socketPaths } from '../../src/daemon/folders.ts';
import { listen } from '../../src/daemon/listener.ts';
import { defaultRunFolder, findDaemon, isBesideDaemon } from '../../src/desk/wire/find-daemon.ts';
import { isSetUp, socketIn, trustedSocket } from '../../src/desk/wire/trusted-socket.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { makeRunFolder } from '../support/start-daemon.ts';

let dir: string;
let run: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vigie-run-'));
  run = makeRunFolder(dir);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

async function listenThere() {
  return listen({
    paths: await socketPaths(run),
    doorOf: () => ({
      version: '0',
      log: createLogger('error', () => {}),
      admit: () => Promise.reject(new Error('nobody comes')),
      refused: async () => {},
    }),
  });
}

describe('a daemon does not start', () => {
  test.each<[string, () => void, RegExp]>([
    ['where a folder is missing', () => rmSync(join(run, 'approve'), { recursive: true }), /is missing/],
    ['where everybody may enter', () => chmodSync(join(run, 'agent'), 0o751), /lets in too many/],
    ['where the group may write', () => chmodSync(join(run, 'approve'), 0o770), /lets in too many/],
    ['where everybody may write around both', () => chmodSync(run, 0o757), /lets in too many/],
    [
      'where a folder is a link',
      () => {
        rmSync(join(run, 'agent'), { recursive: true });
        mkdirSync(join(dir, 'elsewhere'), { mode: 0o750 });
        symlinkSync(join(dir, 'elsewhere'), join(run, 'agent'));
      },
      /is no folder/,
    ],
  ])('%s, and says the command that mends it', async (_where, spoil, why) => {
    spoil();
    await expect(socketPaths(run)).rejects.toMatchObject({
      code: 'DAEMON',
      message: expect.stringMatching(why),
      hint: expect.stringMatching(/^As root: install -d -o \d+ -g [\w-]+ -m 07[55][50] '\//),
    });
  });

  test.skipIf(process.getuid?.() !== 0)(
    'where a folder is another account’s, and does not have it taken from that account',
    async () => {
      chownSync(join(run, 'agent'), 33, 33);
      await expect(socketPaths(run)).rejects.toMatchObject({
        code: 'DAEMON',
        message: expect.stringContaining('belongs to another account (uid 33)'),
        hint: 'The daemon runs as the account that owns it: systemctl start vigie',
      });
    },
  );

  test.skipIf(existsSync(defaultRunFolder))(
    'where its usual folders are missing, which systemd-tmpfiles makes',
    async () => {
      await expect(socketPaths(defaultRunFolder)).rejects.toMatchObject({
        message: expect.stringContaining('is missing'),
        hint: expect.stringMatching(/systemd-tmpfiles --create$/),
      });
    },
  );

  test('where another one listens, which goes on', async () => {
    const first = await listenThere();
    await expect(listenThere()).rejects.toMatchObject({
      code: 'DAEMON',
      message: expect.stringContaining('another daemon answers'),
    });
    expect(await trustedSocket(run, 'agent')).toMatchObject({ kind: 'agent' });
    await first.close();
  });

  test('where something that is no socket stands in its place, and leaves it', async () => {
    writeFileSync(socketIn(run, 'approver'), 'kept');
    await expect(listenThere()).rejects.toMatchObject({ code: 'DAEMON' });
    expect(readFileSync(socketIn(run, 'approver'), 'utf8')).toBe('kept');
  });
});

describe('a command calls no socket', () => {
  async function fakeDaemon(): Promise<{ close(): void }> {
    const server = createServer();
    await new Promise<void>(resolve => server.listen({ path: socketIn(run, 'approver') }, resolve));
    return server;
  }

  test.each<[string, () => void]>([
    ['in a folder that its group may write', () => chmodSync(join(run, 'approve'), 0o770)],
    ['in a folder that everybody may write', () => chmodSync(join(run, 'approve'), 0o757)],
    ['in a run folder that everybody may write', () => chmodSync(run, 0o777)],
  ])('%s', async (_where, loosen) => {
    const server = await fakeDaemon();
    expect(await trustedSocket(run, 'approver')).toBeDefined();
    loosen();
    await expect(trustedSocket(run, 'approver')).rejects.toMatchObject({ code: 'DAEMON' });
    server.close();
  });

  test.skipIf(process.getuid?.() !== 0)(
    'of another account, whose folders others than root could have put there',
    async () => {
      const server = await fakeDaemon();
      for (const path of [run, join(run, 'approve'), socketIn(run, 'approver')]) chownSync(path, 33, 33);
      await expect(trustedSocket(run, 'approver')).rejects.toMatchObject({
        code: 'DAEMON',
        message: expect.stringContaining('others than root could have put it there'),
      });
      server.close();
    },
  );

  test.skipIf(process.getuid?.() !== 0)('of one account in a folder of another', async () => {
    const server = await fakeDaemon();
    chownSync(join(run, 'approve'), 34, 34);
    chownSync(socketIn(run, 'approver'), 33, 33);
    await expect(trustedSocket(run, 'approver')).rejects.toMatchObject({
      code: 'DAEMON',
      message: expect.stringContaining('belongs to uid 34, and the socket in it to uid 33'),
    });
    server.close();
  });

  test('that is none', async () => {
    writeFileSync(socketIn(run, 'approver'), '');
    await expect(trustedSocket(run, 'approver')).rejects.toMatchObject({ code: 'DAEMON' });
  });

  test('and goes on alone only where no folder for sockets stands that it may enter', async () => {
    expect(await isSetUp(run)).toBe(true);
    rmSync(join(run, 'agent'), { recursive: true });
    expect(await isSetUp(run)).toBe(true);
    rmSync(join(run, 'approve'), { recursive: true });
    expect(await isSetUp(run)).toBe(false);
    expect(await isBesideDaemon({ VIGIE_DAEMON: run })).toBe(false);
  });

  test('and a command that changes the files of this account knows that others go to a daemon', async () => {
    expect(await isBesideDaemon({ VIGIE_DAEMON: run })).toBe(true);
    expect(await isBesideDaemon({ VIGIE_DAEMON: run, VIGIE_HOME: '/x' })).toBe(false);
  });

  test('of nobody: where no daemon is, there is none, unless it was named', async () => {
    const wanted = { sockets: ['approver', 'agent'], version: '0' } as const;
    await expect(findDaemon({ VIGIE_DAEMON: run }, wanted)).rejects.toMatchObject({ code: 'DAEMON' });
    expect(await findDaemon({ VIGIE_DAEMON: run, VIGIE_CONFIG: '/x' }, wanted)).toBeUndefined();
    expect(await findDaemon({ VIGIE_DAEMON: run, VIGIE_HOME: '/x' }, wanted)).toBeUndefined();
  });

  test('of a daemon that was killed, and says that it does not answer', async () => {
    const server = await fakeDaemon();
    const wanted = { sockets: ['agent'], version: '0' } as const;
    // An assistant does not go to the approvers' socket, nor past the daemon.
    await expect(findDaemon({ VIGIE_DAEMON: run }, wanted)).rejects.toMatchObject({ code: 'DAEMON' });
    server.close();
  });
});
