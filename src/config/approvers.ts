import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import { signedText } from '../core/approval.ts';
import { sha256Hex } from '../core/digest.ts';
import { VigieError } from '../core/errors.ts';
import { canonicalJson } from '../core/json.ts';
import { parseDocuments } from '../core/strict-yaml.ts';
import { trusted } from '../core/trusted-text.ts';
import { readOwned, replaceOwned, withLock } from './owned-file.ts';
import { type SigningKey, verifySignature } from './signing.ts';

// The file is a history, not a list: each entry adds or removes one person, is signed by somebody who was an approver
// then, and holds the hash of the entry before. So nobody can put himself in, or take an entry out of the middle. The
// end can be cut off, and the whole replaced, by whoever may write the file: the audit has a row with the hash of each
// entry, and the pipeline compares the two before it trusts anybody.

/** A person whose signature counts. */
export interface Approver {
  person: string;
  /** Ed25519, raw 32 bytes, base64. */
  publicKey: string;
  /** Of the passphrase, base64. */
  salt: string;
  addedAt: string;
  /** The approver who signed this entry; the person itself for the first one. */
  addedBy: string;
  /** The processes it was added from, `claude > bash > vigie`. */
  via: string;
  /** By the key of `addedBy`, base64. */
  signature: string;
}

/** The approvers in force, and what the file's history says of earlier ones. */
export interface Approvers {
  file: string;
  list: readonly Approver[];
  /** True: the first approver signed itself on this account, so approvals here are advisory. */
  bootstrapped: boolean;
  /** Every key that ever counted. */
  tenures: readonly Tenure[];
  /** The hash of each entry, oldest first. */
  heads: readonly string[];
}

/** From when to when a key was a person's. ISO 8601; `until` absent: it still is. */
export interface Tenure {
  person: string;
  publicKey: string;
  from: string;
  until?: string;
}

const personPattern = /^[A-Za-z0-9][\w.@-]{0,63}$/;
const person = z.string().regex(personPattern);
const base64 = z.base64().max(128);
const time = z.iso.datetime();
const link = { previous: z.string().regex(/^[0-9a-f]{64}$/), signature: base64 };

const addition = z.strictObject({
  act: z.literal('add'),
  person,
  publicKey: base64,
  salt: base64,
  addedAt: time,
  addedBy: person,
  via: z.string().max(500),
  ...link,
});
const removal = z.strictObject({
  act: z.literal('remove'),
  person,
  removedAt: time,
  removedBy: person,
  ...link,
});
/** A thousand entries are years of a large team. */
const fileSchema = z.strictObject({
  entries: z.array(z.discriminatedUnion('act', [addition, removal])).max(1_000),
});

type Entry = z.output<typeof fileSchema>['entries'][number];

const beginning = '0'.repeat(64);

/**
 * Reads and verifies the whole history; an absent file means nobody.
 * @throws VigieError INVALID_CONFIG, BAD_SIGNATURE naming the entry
 */
export async function loadApprovers(file: string): Promise<Approvers> {
  const { entries, ownerUid } = await readEntries(file);
  const { list, tenures } = replay(file, entries);
  // Root's file is somebody else's word only where we are not root ourselves.
  const ours = process.getuid?.();
  const byRoot = ownerUid === 0 && ours !== undefined && ours !== 0;
  const bootstrapped = entries.length > 0 && !byRoot;
  return { file, list, bootstrapped, tenures, heads: entries.map(hashOf) };
}

/**
 * Adds a person. The first one signs for itself; everybody else needs an approver.
 * @throws VigieError ALREADY_EXISTS for a name or a key that an approver has, INVALID_INPUT, NOT_AN_APPROVER, WRONG_PASSPHRASE when `by` holds another key
 */
export async function addApprover(input: {
  file: string;
  person: string;
  key: SigningKey;
  /** An approver of now; absent only for the first. */
  by?: { person: string; key: SigningKey };
  via: string;
  now: Date;
}): Promise<Approver> {
  const { file, person: name, key } = input;
  refuseApproverName(name);
  return change(file, ({ entries, list }) => {
    if (list.some(approver => approver.person === name)) {
      throw new VigieError('ALREADY_EXISTS', `${name} is an approver already.`, {
        hint: trusted`To change the passphrase: vigie approvers remove ${name}, then add again.`,
      });
    }
    const same = list.find(approver => approver.publicKey === key.publicKey);
    if (same !== undefined) {
      throw new VigieError(
        'ALREADY_EXISTS',
        `That is the key of ${same.person}, and one key is one person.`,
        {
          hint: trusted`Make one for ${name} alone: vigie approvers add ${name}`,
        },
      );
    }
    const by = input.by ?? { person: name, key };
    if (entries.length > 0) requireApprover(list, by);
    const content = {
      act: 'add' as const,
      person: name,
      publicKey: key.publicKey,
      salt: key.salt,
      addedAt: input.now.toISOString(),
      addedBy: entries.length > 0 ? by.person : name,
      via: input.via.slice(0, 500),
      previous: lastHash(entries),
    };
    const signer = entries.length > 0 ? by.key : key;
    const entry = { ...content, signature: signer.sign(signedText('approvers', content)) };
    return { entry, result: approverOf(entry) };
  });
}

/** @throws VigieError INVALID_INPUT for what is no name of a person */
export function refuseApproverName(name: string): void {
  if (personPattern.test(name)) return;
  throw new VigieError(
    'INVALID_INPUT',
    'The name of an approver is letters, digits and . _ @ -, at most 64.',
    { details: { issues: [{ field: 'person', message: 'not a name' }] } },
  );
}

/** Removes a person; the last approver stays, since the next first one would sign for itself again. */
export async function removeApprover(input: {
  file: string;
  person: string;
  by: { person: string; key: SigningKey };
  now: Date;
}): Promise<void> {
  const { person: name, by } = input;
  await change(input.file, ({ entries, list }) => {
    if (!list.some(approver => approver.person === name)) {
      throw new VigieError('NOT_FOUND', `${name} is no approver.`, { hint: 'See `vigie approvers list`.' });
    }
    requireApprover(list, by);
    if (list.length === 1) {
      throw new VigieError('CONFLICT', `${name} is the last approver and cannot be removed.`, {
        hint: 'Add another one first: vigie approvers add NAME',
      });
    }
    const content = {
      act: 'remove' as const,
      person: name,
      removedAt: input.now.toISOString(),
      removedBy: by.person,
      previous: lastHash(entries),
    };
    return {
      entry: { ...content, signature: by.key.sign(signedText('approvers', content)) },
      result: undefined,
    };
  });
}

async function change<T>(
  file: string,
  decide: (now: { entries: readonly Entry[]; list: readonly Approver[] }) => { entry: Entry; result: T },
): Promise<T> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  return withLock(file, async () => {
    const { entries } = await readEntries(file);
    const { entry, result } = decide({ entries, list: replay(file, entries).list });
    const { stringify } = await import('yaml');
    await replaceOwned(file, `${heading}${stringify({ entries: [...entries, entry] }, { lineWidth: 0 })}`);
    return result;
  });
}

const heading =
  '# Who may approve changes. Written by `vigie approvers`; an edit by hand breaks a signature.\n';

async function readEntries(
  file: string,
): Promise<{ entries: readonly Entry[]; ownerUid: number | undefined }> {
  const owned = await readOwned(file, { owner: 'self-or-root' });
  if (owned === undefined) return { entries: [], ownerUid: undefined };
  const [first, ...others] = await parseDocuments(owned.text).catch((error: unknown) => {
    throw error instanceof VigieError ? invalid(file, error.message) : error;
  });
  const parsed = fileSchema.safeParse(first?.document ?? { entries: [] });
  if (others.length > 0) throw invalid(file, 'it holds more than one document');
  if (parsed.success) return { entries: parsed.data.entries, ownerUid: owned.ownerUid };
  const issue = parsed.error.issues[0];
  throw invalid(file, `${(issue?.path ?? []).map(String).join('.')}: ${issue?.message ?? 'not as expected'}`);
}

/** Goes through the history from its beginning; what stands at its end is in force. */
function replay(file: string, entries: readonly Entry[]): { list: Approver[]; tenures: Tenure[] } {
  const active = new Map<string, Approver>();
  const tenures: Tenure[] = [];
  let previous = beginning;
  for (const [index, entry] of entries.entries()) {
    const signerName = entry.act === 'add' ? entry.addedBy : entry.removedBy;
    const bootstrap = index === 0 && entry.act === 'add' && entry.addedBy === entry.person;
    const publicKey = bootstrap ? entry.publicKey : active.get(signerName)?.publicKey;
    const fault = faultOf(entry, { previous, publicKey, signerName });
    if (fault !== undefined) throw badEntry({ file, index, entry, fault });
    if (entry.act === 'add' && active.has(entry.person)) {
      throw badEntry({ file, index, entry, fault: 'the person is an approver already' });
    }
    if (entry.act === 'add') {
      const same = [...active.values()].find(each => each.publicKey === entry.publicKey);
      if (same !== undefined)
        throw badEntry({
          file,
          index,
          entry,
          fault: `its key is that of ${same.person}, and one key is one person`,
        });
      active.set(entry.person, approverOf(entry));
      tenures.push({ person: entry.person, publicKey: entry.publicKey, from: entry.addedAt });
    } else {
      active.delete(entry.person);
      const ended = tenures.findLastIndex(({ person: name }) => name === entry.person);
      const tenure = tenures[ended];
      if (tenure !== undefined) tenures[ended] = { ...tenure, until: entry.removedAt };
    }
    previous = hashOf(entry);
  }
  return { list: [...active.values()], tenures };
}

function faultOf(
  entry: Entry,
  expected: { previous: string; publicKey: string | undefined; signerName: string },
): string | undefined {
  const { publicKey } = expected;
  if (entry.previous !== expected.previous) return 'it does not follow the entry before it';
  if (publicKey === undefined) return `${expected.signerName} was no approver then`;
  const { signature, ...content } = entry;
  return verifySignature({ text: signedText('approvers', content), signature, publicKey })
    ? undefined
    : `the signature is not that of ${expected.signerName}`;
}

function hashOf(entry: Entry): string {
  return sha256Hex(canonicalJson(entry));
}

function lastHash(entries: readonly Entry[]): string {
  const last = entries.at(-1);
  return last === undefined ? beginning : hashOf(last);
}

function approverOf(entry: Extract<Entry, { act: 'add' }>): Approver {
  const { act: _act, previous: _previous, ...approver } = entry;
  return approver;
}

function requireApprover(list: readonly Approver[], by: { person: string; key: SigningKey }): void {
  const known = list.find(approver => approver.person === by.person);
  if (known === undefined) {
    throw new VigieError(
      'NOT_AN_APPROVER',
      `${by.person} is no approver, and only an approver can change who is.`,
      {
        hint: trusted`Approvers: ${list.map(approver => approver.person)}.`,
      },
    );
  }
  if (known.publicKey !== by.key.publicKey) {
    throw new VigieError('WRONG_PASSPHRASE', `The passphrase does not open the key of ${by.person}.`);
  }
}

function badEntry(bad: { file: string; index: number; entry: Entry; fault: string }): VigieError {
  const { file, index, entry, fault } = bad;
  return new VigieError(
    'BAD_SIGNATURE',
    `Entry ${index + 1} (${entry.act} ${entry.person}) of ${file} does not count: ${fault}.`,
    {
      hint: 'Restore the file from a backup; no change is approved meanwhile.',
      details: { file, entry: index + 1, person: entry.person },
    },
  );
}

function invalid(file: string, why: string): VigieError {
  return new VigieError('INVALID_CONFIG', `${file} is not a list of approvers: ${why}`, {
    details: { file },
  });
}
