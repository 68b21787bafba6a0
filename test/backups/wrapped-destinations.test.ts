import { expect, test } from 'vitest';
import { type CopyKeys, copyKey } from '../../src/backups/copy-signature.ts';
import { signedReader, signedWriter } from '../../src/backups/signed-destination.ts';
import { timelyReader, timelyWriter } from '../../src/backups/timely-destination.ts';
import type { CopyDraft, CopyReader, CopyWriter } from '../../src/core/copies.ts';

// What wraps a destination names each member by hand: one that may be absent would be lost without a word. Here all of
// them are there, and the types say so: a new member does not compile before it stands here.

const never = (): Promise<never> => new Promise(() => undefined);

const reader: Required<CopyReader> = {
  name: 'far',
  shown: '/far',
  encryption: 'restic',
  demands: 'restic',
  trees: { restore: never, async *entries() {} },
  find: never,
  async *open() {},
  freeBytes: never,
};

const draft: Required<CopyDraft> = {
  trees: { put: never, carry: never },
  put: never,
  seal: never,
  leave: never,
};

const writer: Required<CopyWriter> = {
  name: 'far',
  begin: async () => draft,
  note: never,
  remove: never,
  tidy: never,
};

const signs = copyKey(new Uint8Array(32));
const keys: CopyKeys = { environment: 'test', signs, counts: [signs] };
const readers: [string, (of: CopyReader) => CopyReader][] = [
  ['that waits no longer than it should', of => timelyReader(of)],
  ['that signs', of => signedReader(of, keys)],
];
const writers: [string, (of: CopyWriter) => CopyWriter][] = [
  ['that waits no longer than it should', of => timelyWriter(of, { shown: '/far' })],
  ['that signs', of => signedWriter(of, keys)],
];

const membersOf = (of: object): string[] => Object.keys(of).sort();

test.each(readers)('a reader %s has every member of what it wraps', (_, wrap) => {
  const wrapped = wrap(reader);
  expect(membersOf(wrapped)).toEqual(membersOf(reader));
  const { name, shown, encryption, demands, trees } = reader;
  expect(wrapped).toMatchObject({ name, shown, encryption, demands });
  expect(wrapped.trees).toBe(trees);
});

test.each(writers)(
  'a writer %s has every member of what it wraps, and so have its drafts',
  async (_, wrap) => {
    const wrapped = wrap(writer);
    expect(membersOf(wrapped)).toEqual(membersOf(writer));
    const begun = await wrapped.begin({ set: 'shop', copy: '20260101T030000Z-abcd' });
    expect(membersOf(begun)).toEqual(membersOf(draft));
    expect(begun.trees).toBe(draft.trees);
  },
);
