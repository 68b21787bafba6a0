import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  answerChallenge,
  dropChallenge,
  newChallenge,
  prepareCallers,
  provenCaller,
} from '../../../src/desk/wire/caller-proof.ts';
import { fc } from '../../support/properties.ts';

const isRoot = process.getuid?.() === 0;
/** Another account of this machine, and a group that is not its own: only root can act as it. */
const other = { uid: 33, login: 'www-data' };
const sharedGid = 12;

let dir: string;
let socket: string;
let callers: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vigie-callers-'));
  mkdirSync(join(dir, 'agent'), { mode: 0o750 });
  socket = join(dir, 'agent', 'agent.sock');
  callers = join(dir, 'agent', 'callers');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const refused = (why: RegExp) =>
  expect.objectContaining({ code: 'CALLER_UNPROVEN', message: expect.stringMatching(why) });

test('a caller that makes the link it was asked for is known by its account, and the link is gone', async () => {
  await prepareCallers(socket);
  const challenge = newChallenge();
  await answerChallenge(socket, challenge);
  expect(await provenCaller(socket, challenge)).toEqual({
    uid: process.getuid?.(),
    login: userInfo().username,
  });
  expect(readdirSync(callers)).toEqual([]);
});

test('the folder is made for its group to make links in and not to list, sticky, handing on its group', async () => {
  await prepareCallers(socket);
  expect((lstatSync(callers).mode & 0o7777).toString(8)).toBe('3730');
});

test('no two challenges share a name or a nonce', () => {
  const many = Array.from({ length: 1_000 }, newChallenge);
  expect(new Set(many.map(({ name }) => name)).size).toBe(1_000);
  expect(new Set(many.map(({ nonce }) => nonce)).size).toBe(1_000);
});

test('an answer is good once', async () => {
  await prepareCallers(socket);
  const challenge = newChallenge();
  await answerChallenge(socket, challenge);
  await provenCaller(socket, challenge);
  await expect(provenCaller(socket, challenge)).rejects.toEqual(refused(/no link to read \(ENOENT\)/));
});

test.each([
  ['nothing at all', () => {}, /no link to read \(ENOENT\)/],
  ['a file with the nonce in it', (path: string, nonce: string) => writeFileSync(path, nonce), /no link/],
  ['a folder', (path: string) => mkdirSync(path), /no link/],
  ['a pipe, which would make a reader wait', (path: string) => execFileSync('mkfifo', [path]), /no link/],
  ['a link elsewhere', (path: string) => symlinkSync('/etc/shadow', path), /does not lead to what/],
  ['a link to half of the nonce', (path: string, nonce: string) => symlinkSync(nonce.slice(1), path), /lead/],
] as const)('%s in its place proves nothing', async (_what, put, why) => {
  await prepareCallers(socket);
  const challenge = newChallenge();
  put(join(callers, challenge.name), challenge.nonce);
  await expect(provenCaller(socket, challenge)).rejects.toEqual(refused(why));
});

test('a link that has a second name proves nothing', async () => {
  await prepareCallers(socket);
  const challenge = newChallenge();
  await answerChallenge(socket, challenge);
  linkSync(join(callers, challenge.name), join(dir, 'agent', 'second'));
  await expect(provenCaller(socket, challenge)).rejects.toEqual(refused(/more than one name/));
});

test('a link for another challenge proves nothing', async () => {
  await prepareCallers(socket);
  const [asked, answered] = [newChallenge(), newChallenge()];
  await answerChallenge(socket, { name: asked.name, nonce: answered.nonce });
  await expect(provenCaller(socket, asked)).rejects.toEqual(refused(/does not lead to what/));
});

test.each([
  { name: '../../../../tmp/elsewhere', nonce: 'a'.repeat(64) },
  { name: 'a'.repeat(32), nonce: '/etc/passwd' },
  { name: '', nonce: 'a'.repeat(64) },
])('a daemon that asks for %j is not answered, and nothing is made', async challenge => {
  await prepareCallers(socket);
  await expect(answerChallenge(socket, challenge)).rejects.toEqual(refused(/not ours/));
  expect(readdirSync(callers)).toEqual([]);
});

test('a folder that is a link to another daemon’s is not answered in', async () => {
  await prepareCallers(socket);
  mkdirSync(join(dir, 'false'));
  symlinkSync(callers, join(dir, 'false', 'callers'));
  await expect(answerChallenge(join(dir, 'false', 'agent.sock'), newChallenge())).rejects.toEqual(
    refused(/it is no folder/),
  );
  expect(readdirSync(callers)).toEqual([]);
});

test('the caller is told where no link can be made', async () => {
  await expect(answerChallenge(socket, newChallenge())).rejects.toEqual(refused(/ENOENT/));
});

test('what is left over is swept away at the start, and nothing that a link or a folder in it leads to', async () => {
  await prepareCallers(socket);
  const precious = join(dir, 'precious');
  mkdirSync(precious);
  writeFileSync(join(precious, 'store'), 'x');
  symlinkSync(precious, join(callers, 'to-a-folder'));
  symlinkSync(join(precious, 'store'), join(callers, 'to-a-file'));
  mkdirSync(join(callers, 'empty'));
  mkdirSync(join(callers, 'full', 'of'), { recursive: true });
  symlinkSync(precious, join(callers, 'full', 'of', 'link'));
  await prepareCallers(socket);
  expect(readdirSync(callers)).toEqual(['full']);
  expect(existsSync(join(precious, 'store'))).toBe(true);
});

test.each([
  ['1770', /its mode is 1770 and not 3730/],
  ['3733', /its mode is 3733 and not 3730/],
  ['2730', /its mode is 2730 and not 3730/],
])('a folder of mode %s is refused, with the command that mends it', async (mode, why) => {
  await prepareCallers(socket);
  chmodSync(callers, Number.parseInt(mode, 8));
  await expect(prepareCallers(socket)).rejects.toEqual(refused(why));
  await expect(prepareCallers(socket)).rejects.toMatchObject({
    hint: expect.stringContaining(`-m 3730 '${callers}'`),
  });
});

test('whatever else lies there under whatever name, only the one link of the challenge is read', async () => {
  await prepareCallers(socket);
  const name = fc.stringMatching(/^[0-9a-f]{32}$/);
  await fc.assert(
    fc.asyncProperty(name, fc.stringMatching(/^[\w./-]{1,80}$/), async (planted, leadsTo) => {
      const challenge = newChallenge();
      symlinkSync(leadsTo, join(callers, planted));
      await answerChallenge(socket, challenge);
      expect(await provenCaller(socket, challenge)).toMatchObject({ uid: process.getuid?.() });
      rmSync(join(callers, planted));
    }),
    { numRuns: 50 },
  );
});

test('a caller that gives up leaves nothing', async () => {
  await prepareCallers(socket);
  const challenge = newChallenge();
  await answerChallenge(socket, challenge);
  await dropChallenge(socket, challenge);
  expect(readdirSync(callers)).toEqual([]);
});

// What follows needs accounts beside our own; where the suite does not run as root it is skipped.

test.skipIf(!isRoot)('a caller of another account is known by that account', async () => {
  await prepareCallers(socket);
  openToShared();
  const challenge = newChallenge();
  asOther('ln', ['-s', challenge.nonce, join(callers, challenge.name)]);
  expect(await provenCaller(socket, challenge)).toEqual(other);
});

test.skipIf(!isRoot)('a user without an entry in the database is its number', async () => {
  await prepareCallers(socket);
  openToShared();
  const challenge = newChallenge();
  asOther('ln', ['-s', challenge.nonce, join(callers, challenge.name)], 54321);
  expect(await provenCaller(socket, challenge)).toEqual({ uid: 54321, login: 'uid-54321' });
});

test.skipIf(!isRoot)('nobody of the group lists what others have made there, or takes it away', async () => {
  await prepareCallers(socket);
  openToShared();
  const challenge = newChallenge();
  await answerChallenge(socket, challenge);
  const link = join(callers, challenge.name);
  expect(() => asOther('ls', [callers])).toThrow(/Permission denied/);
  expect(() => asOther('rm', [link])).toThrow(/not permitted/);
  expect(() => asOther('mv', [link, `${link}2`])).toThrow(/not permitted/);
  expect(await provenCaller(socket, challenge)).toMatchObject({ uid: 0 });
});

test.skipIf(!isRoot)(
  'a link of another account that was brought in from elsewhere proves nothing',
  async () => {
    await prepareCallers(socket);
    openToShared();
    const challenge = newChallenge();
    // As if somebody's program had made it in a folder that the attacker may write, with the attacker's words.
    mkdirSync(join(dir, 'elsewhere'));
    chmodSync(join(dir, 'elsewhere'), 0o777);
    const made = join(dir, 'elsewhere', 'link');
    execFileSync('ln', ['-s', challenge.nonce, made], { uid: 2, gid: 2 });
    asOther('mv', [made, join(callers, challenge.name)]);
    expect(lstatSync(join(callers, challenge.name)).uid).toBe(2);
    await expect(provenCaller(socket, challenge)).rejects.toEqual(refused(/was not made there/));
  },
);

test.skipIf(!isRoot)(
  'a link of somebody whose primary group is the folder’s does not prove a nonce that was made after it',
  async () => {
    await prepareCallers(socket);
    openToShared();
    mkdirSync(join(dir, 'elsewhere'));
    chmodSync(join(dir, 'elsewhere'), 0o777);
    const made = join(dir, 'elsewhere', 'link');
    execFileSync('ln', ['-s', newChallenge().nonce, made], { uid: 2, gid: sharedGid });
    const challenge = newChallenge();
    asOther('mv', [made, join(callers, challenge.name)]);
    const { uid, gid } = lstatSync(join(callers, challenge.name));
    expect({ uid, gid }).toEqual({ uid: 2, gid: sharedGid });
    await expect(provenCaller(socket, challenge)).rejects.toEqual(refused(/does not lead to what/));
  },
);

test.skipIf(!isRoot)('a daemon that is not root reads who called', async () => {
  chownSync(dir, 13, 13);
  chownSync(join(dir, 'agent'), 13, sharedGid);
  mkdirSync(callers);
  chownSync(callers, 13, sharedGid);
  chmodSync(callers, 0o3730);
  const challenge = newChallenge();
  chmodSync(dir, 0o755);
  asOther('ln', ['-s', challenge.nonce, join(callers, challenge.name)]);
  const script = `
    const { prepareCallers, provenCaller } = await import(${JSON.stringify(`${process.cwd()}/src/desk/wire/caller-proof.ts`)});
    const challenge = ${JSON.stringify(challenge)};
    const seen = await provenCaller(${JSON.stringify(socket)}, challenge);
    await prepareCallers(${JSON.stringify(socket)});
    process.stdout.write(JSON.stringify(seen));
  `;
  const stdout = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    uid: 13,
    gid: 13,
    encoding: 'utf8',
  });
  expect(JSON.parse(stdout)).toEqual(other);
});

test.skipIf(!isRoot)('a daemon does not take the folder of another account for its own', async () => {
  await prepareCallers(socket);
  chownSync(callers, 33, 0);
  chmodSync(callers, 0o3730);
  await expect(prepareCallers(socket)).rejects.toEqual(refused(/belongs to another user \(uid 33\)/));
});

function openToShared(): void {
  chmodSync(dir, 0o755);
  chownSync(join(dir, 'agent'), -1, sharedGid);
  chownSync(callers, -1, sharedGid);
  chmodSync(callers, 0o3730);
}

/** As a member of the shared group. */
function asOther(command: string, words: readonly string[], uid = other.uid): void {
  execFileSync(command, [...words], { uid, gid: sharedGid, stdio: 'pipe' });
}
