import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { journalWitness } from '../../../src/clients/witness/journal.ts';
import { temporaryFolder } from '../../store/open-temporary.ts';
import { startJournal } from '../../support/fake-journal.ts';
import { rowFor } from './rows.ts';

const { signal } = new AbortController();
const at = '2026-11-21T10:00:00.000Z';
const installation = '0123456789abcdef';

async function journal(id = installation) {
  const fake = await startJournal(await temporaryFolder());
  onTestFinished(() => fake.close());
  const witness = async (of = id) => {
    const found = await journalWitness({ place: fake.place, installation: of, env: process.env });
    if (found === undefined) throw new Error('no journal was found');
    return found;
  };
  return { fake, witness };
}

test('a row is one entry under the identifier vigie, with the header that journald reads', async () => {
  const { fake, witness } = await journal();
  await (await witness()).record({ ...rowFor(3), at }, signal);
  await fake.taken(1);
  expect(fake.received).toEqual([`vigie\n\n5\n0\n0\n0\n0\n${installation} 3 ${rowFor(3).hash}\n`]);
});

test('what it has is read back, without what other installations wrote', async () => {
  const { fake, witness } = await journal();
  await (await witness()).record({ ...rowFor(1), at }, signal);
  await (await witness('f'.repeat(16))).record({ ...rowFor(8), at }, signal);
  await (await witness()).record({ ...rowFor(2), at }, signal);
  await fake.taken(3);
  expect(await (await witness()).recall(signal)).toEqual([rowFor(1), rowFor(2)]);
});

test('only entries that journald itself says are of this user are asked for', async () => {
  const { fake, witness } = await journal();
  await (await witness()).recall(signal);
  const words = await fake.asked();
  expect(words).toContain(`_UID=${process.getuid?.()}`);
  expect(words).toContain('--identifier=vigie');
});

test('entries that are no text, or no JSON, are passed over', async () => {
  const { fake, witness } = await journal();
  await fake.add('{"MESSAGE":[1,2,3]}\nnot json\n{"OTHER":"x"}\n[]\n');
  expect(await (await witness()).recall(signal)).toEqual([]);
});

test('one that may not be read says why', async () => {
  const { fake, witness } = await journal();
  await writeFile(fake.place.reader, '#!/bin/sh\necho "No journal files were opened." >&2\nexit 1\n');
  await chmod(fake.place.reader, 0o755);
  await expect((await witness()).recall(signal)).rejects.toMatchObject({
    code: 'WITNESS',
    message: expect.stringContaining('No journal files were opened'),
  });
});

test('where none listens there is none, and one that is gone since says so', async () => {
  const place = { socket: join(await temporaryFolder(), 'stdout'), reader: 'journalctl' };
  expect(await journalWitness({ place, installation, env: process.env })).toBeUndefined();
  const { fake, witness } = await journal();
  const known = await witness();
  await fake.close();
  await expect(known.record({ ...rowFor(1), at }, signal)).rejects.toMatchObject({ code: 'WITNESS' });
});
