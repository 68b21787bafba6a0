import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { addApprover, loadApprovers, removeApprover } from '../../src/config/approvers.ts';
import { deriveKey, type SigningKey } from '../../src/config/signing.ts';
import { signedText } from '../../src/core/approval.ts';
import { sha256Hex } from '../../src/core/digest.ts';
import { canonicalJson, type JsonObject } from '../../src/core/json.ts';
import { cheapKey } from '../support/start-vigie.ts';
import { place, temporaryFolder } from './temporary-folder.ts';

const now = new Date('2026-11-21T10:00:00Z');
const via = 'bash > vigie';
let alice: SigningKey;
let bob: SigningKey;
let eve: SigningKey;

beforeAll(async () => {
  const salt = (byte: number) => Buffer.alloc(16, byte).toString('base64');
  [alice, bob, eve] = (await Promise.all(
    [1, 2, 3].map(byte => deriveKey({ passphrase: `phrase ${byte}`, salt: salt(byte) })),
  )) as [SigningKey, SigningKey, SigningKey];
});

async function aliceAndBob(): Promise<string> {
  const file = join(await temporaryFolder(), 'approvers.yaml');
  await addApprover({ file, person: 'alice', key: alice, via, now });
  await addApprover({ file, person: 'bob', key: bob, by: { person: 'alice', key: alice }, via, now });
  return file;
}

const people = async (file: string) => (await loadApprovers(file)).list.map(approver => approver.person);

test('without a file there are none', async () => {
  const file = join(await temporaryFolder(), 'approvers.yaml');
  expect(await loadApprovers(file)).toEqual({
    file,
    list: [],
    bootstrapped: false,
    tenures: [],
    heads: [],
  });
});

test('the first one signs for itself, which is marked; the next needs an approver', async () => {
  const file = await aliceAndBob();
  const { list, bootstrapped } = await loadApprovers(file);
  expect(bootstrapped).toBe(true);
  expect(list).toMatchObject([
    { person: 'alice', addedBy: 'alice', publicKey: alice.publicKey, via, addedAt: now.toISOString() },
    { person: 'bob', addedBy: 'alice', publicKey: bob.publicKey },
  ]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('nobody gets in without an approver, as a stranger, with a wrong passphrase or twice', async () => {
  const file = await aliceAndBob();
  const add = (by?: { person: string; key: SigningKey }, person = 'eve') =>
    addApprover({ file, person, key: eve, via, now, ...(by === undefined ? {} : { by }) });
  await expect(add()).rejects.toMatchObject({ code: 'NOT_AN_APPROVER' });
  await expect(add({ person: 'eve', key: eve })).rejects.toMatchObject({ code: 'NOT_AN_APPROVER' });
  await expect(add({ person: 'alice', key: eve })).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
  await expect(add({ person: 'alice', key: alice }, 'bob')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  await expect(add({ person: 'alice', key: alice }, '../eve')).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
  expect(await people(file)).toEqual(['alice', 'bob']);
});

test('one key is not added under two names, unless the other was removed', async () => {
  const file = await aliceAndBob();
  const as = (person: string) =>
    addApprover({ file, person, key: alice, by: { person: 'bob', key: bob }, via, now });
  await expect(as('alice2')).rejects.toMatchObject({
    code: 'ALREADY_EXISTS',
    message: expect.stringContaining('key of alice'),
  });
  await removeApprover({ file, person: 'alice', by: { person: 'bob', key: bob }, now });
  await as('alice2');
  expect(await people(file)).toEqual(['bob', 'alice2']);
});

test('who was removed no longer counts, and those they added stay', async () => {
  const file = await aliceAndBob();
  await removeApprover({ file, person: 'alice', by: { person: 'bob', key: bob }, now });
  expect(await people(file)).toEqual(['bob']);
  const by = { person: 'alice', key: alice };
  await expect(addApprover({ file, person: 'eve', key: eve, by, via, now })).rejects.toMatchObject({
    code: 'NOT_AN_APPROVER',
  });
  await addApprover({ file, person: 'alice', key: eve, by: { person: 'bob', key: bob }, via, now });
  expect(await people(file)).toEqual(['bob', 'alice']);
});

test('the history says whose a key was and when, and what each entry was', async () => {
  const file = await aliceAndBob();
  const { heads: before } = await loadApprovers(file);
  const by = { person: 'bob', key: bob };
  const later = new Date('2026-11-22T10:00:00Z');
  await removeApprover({ file, person: 'alice', by, now: later });
  await addApprover({ file, person: 'alice', key: eve, by, via, now: later });
  const { tenures, heads } = await loadApprovers(file);
  const [from, until] = [now.toISOString(), later.toISOString()];
  expect(tenures).toEqual([
    { person: 'alice', publicKey: alice.publicKey, from, until },
    { person: 'bob', publicKey: bob.publicKey, from },
    { person: 'alice', publicKey: eve.publicKey, from: until },
  ]);
  expect(new Set(heads).size).toBe(4);
  expect(heads.slice(0, 2)).toEqual(before);
});

test('the last one cannot be removed, so nobody signs for itself again', async () => {
  const file = await aliceAndBob();
  const by = { person: 'bob', key: bob };
  await removeApprover({ file, person: 'alice', by, now });
  await expect(removeApprover({ file, person: 'bob', by, now })).rejects.toMatchObject({ code: 'CONFLICT' });
  await expect(removeApprover({ file, person: 'alice', by, now })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});

describe('an edit by hand is found and named:', () => {
  test.each([
    ['another key', (text: string) => text.replace(bob.publicKey, eve.publicKey), 'Entry 2 (add bob)'],
    ['another name', (text: string) => text.replace('person: bob', 'person: eve'), 'Entry 2 (add eve)'],
    ['another origin', (text: string) => text.replaceAll(via, 'sshd > vigie'), 'Entry 1 (add alice)'],
    [
      'a dropped first entry',
      (text: string) => text.replace(/ {2}- act: add\n {4}person: alice[\s\S]*?(?= {2}- act)/, ''),
      'Entry 1 (add bob)',
    ],
    [
      'another signer',
      (text: string) => text.replace('addedBy: alice', 'addedBy: bob'),
      'Entry 1 (add alice)',
    ],
  ])('%s', async (_name, edit, entry) => {
    const file = await aliceAndBob();
    const text = await readFile(file, 'utf8');
    const edited = edit(text);
    expect(edited).not.toBe(text);
    await writeFile(file, edited);
    const refused = loadApprovers(file);
    await expect(refused).rejects.toMatchObject({ code: 'BAD_SIGNATURE' });
    await expect(refused).rejects.toThrow(entry);
  });

  test('an entry that its own new key signed, though it follows the one before it', async () => {
    const file = await aliceAndBob();
    const text = await readFile(file, 'utf8');
    const { entries } = parse(text) as { entries: JsonObject[] };
    const content = {
      person: 'eve',
      publicKey: eve.publicKey,
      salt: eve.salt,
      addedAt: now.toISOString(),
      addedBy: 'eve',
      via,
      previous: sha256Hex(canonicalJson(entries.at(-1))),
    };
    const signature = eve.sign(signedText('approvers', { act: 'add', ...content }));
    await writeFile(file, stringify({ entries: [...entries, { act: 'add', ...content, signature }] }));
    await expect(loadApprovers(file)).rejects.toThrow('Entry 3 (add eve)');
  });

  test.each([
    ['an approval', (entry: object) => signedText('approval', entry)],
    ['a statement', (entry: object) => signedText('statement', entry)],
    ['nothing in particular', canonicalJson],
  ])('an entry whose text an approver signed as %s', async (_name, text) => {
    const file = await aliceAndBob();
    const { entries } = parse(await readFile(file, 'utf8')) as { entries: JsonObject[] };
    const content = {
      act: 'add',
      person: 'mallory',
      publicKey: eve.publicKey,
      salt: eve.salt,
      addedAt: now.toISOString(),
      addedBy: 'alice',
      via,
      previous: sha256Hex(canonicalJson(entries.at(-1))),
    };
    const added = async (signature: string) =>
      writeFile(file, stringify({ entries: [...entries, { ...content, signature }] }));
    await added(alice.sign(text(content)));
    await expect(loadApprovers(file)).rejects.toThrow('Entry 3 (add mallory)');
    await added(alice.sign(signedText('approvers', content)));
    expect((await loadApprovers(file)).list).toHaveLength(3);
  });

  test('an entry that an approver signed, with the key of an approver under another name', async () => {
    const file = await aliceAndBob();
    const { entries } = parse(await readFile(file, 'utf8')) as { entries: JsonObject[] };
    const content = {
      act: 'add',
      person: 'alice2',
      publicKey: alice.publicKey,
      salt: alice.salt,
      addedAt: now.toISOString(),
      addedBy: 'alice',
      via,
      previous: sha256Hex(canonicalJson(entries.at(-1))),
    };
    const signature = alice.sign(signedText('approvers', content));
    await writeFile(file, stringify({ entries: [...entries, { ...content, signature }] }));
    await expect(loadApprovers(file)).rejects.toThrow('Entry 3 (add alice2)');
  });

  test('an entry that was taken out of the middle', async () => {
    const file = await aliceAndBob();
    await addApprover({ file, person: 'eve', key: eve, by: { person: 'alice', key: alice }, via, now });
    const { entries } = parse(await readFile(file, 'utf8')) as { entries: JsonObject[] };
    await writeFile(file, stringify({ entries: [entries[0], entries[2]] }));
    await expect(loadApprovers(file)).rejects.toThrow('Entry 2 (add eve)');
  });

  test.each([
    ['an unknown field', 'entries: []\nextra: 1\n'],
    ['a second document', 'entries: []\n---\nentries: []\n'],
    ['no YAML', 'entries: [\n'],
    ['an entry without a signature', 'entries:\n  - act: add\n    person: eve\n'],
  ])('%s', async (_name, text) => {
    const file = await place(join(await temporaryFolder(), 'approvers.yaml'), text);
    await expect(loadApprovers(file)).rejects.toMatchObject({ code: 'INVALID_CONFIG', details: { file } });
  });
});

describe('a file that others may have written is refused:', () => {
  test('writable for all', async () => {
    const file = await aliceAndBob();
    await chmod(file, 0o666);
    await expect(loadApprovers(file)).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      hint: expect.stringContaining('chmod') as string,
    });
  });

  test('in a folder that is writable for all', async () => {
    const folder = join(await temporaryFolder(), 'open');
    await mkdir(folder);
    const file = await place(join(folder, 'approvers.yaml'), 'entries: []\n');
    await chmod(folder, 0o777);
    await expect(loadApprovers(file)).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });

  test('a symbolic link, a folder', async () => {
    const file = await aliceAndBob();
    const folder = await temporaryFolder();
    await symlink(file, join(folder, 'approvers.yaml'));
    await expect(loadApprovers(join(folder, 'approvers.yaml'))).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
    });
    await expect(loadApprovers(folder)).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });
});

test('several additions at once are all kept, one after the other', async () => {
  const file = join(await temporaryFolder(), 'approvers.yaml');
  await addApprover({ file, person: 'alice', key: alice, via, now });
  const names = ['p1', 'p2', 'p3', 'p4', 'p5'];
  const by = { person: 'alice', key: alice };
  await Promise.all(
    names.map(async person => addApprover({ file, person, key: await cheapKey(person), by, via, now })),
  );
  expect((await people(file)).sort()).toEqual(['alice', ...names]);
  expect(await readdir(join(file, '..'))).toEqual(['approvers.yaml']);
});
