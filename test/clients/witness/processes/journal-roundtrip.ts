// Records rows in this machine's journal and prints, as JSON, what is read back once the last of them is there.
import { setTimeout as pause } from 'node:timers/promises';
import { journalWitness, systemJournal } from '../../../../src/clients/witness/journal.ts';
import { rowFor } from '../rows.ts';

const { signal } = new AbortController();
const facts = { place: systemJournal, env: process.env };
const installation = '0123456789abcdef';
let witness = await journalWitness({ ...facts, installation });
// journald was started a moment ago.
for (; witness === undefined; witness = await journalWitness({ ...facts, installation })) await pause(20);
const other = await journalWitness({ ...facts, installation: 'f'.repeat(16) });
const at = '2026-11-21T10:00:00.000Z';
await witness.record({ ...rowFor(1), at }, signal);
await other?.record({ ...rowFor(7), at }, signal);
await witness.record({ ...rowFor(2), at }, signal);
for (;;) {
  // Before its first entry there is no file that could be read.
  const rows = await witness.recall(signal).catch(() => []);
  if (rows.length < 2) {
    await pause(20);
    continue;
  }
  process.stdout.write(JSON.stringify(rows));
  break;
}
