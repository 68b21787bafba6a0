import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openSqliteJournal } from '../../../src/store/journal/sqlite-journal.ts';
import { temporaryFolder } from '../open-temporary.ts';
import { conforms } from './conformance.ts';

conforms(async () => {
  const file = join(await temporaryFolder(), 'runs.db');
  const clock = { at: Date.UTC(2026, 10, 22, 3) };
  const now = (): number => clock.at;
  const [journal, other] = [await openSqliteJournal({ file, now }), await openSqliteJournal({ file, now })];
  onTestFinished(() => Promise.all([journal.close(), other.close()]).then(() => undefined));
  return { journal, other, clock };
});
