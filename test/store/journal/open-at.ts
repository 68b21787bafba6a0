import type { Journal } from '../../../src/core/journal.ts';
import { openPostgresJournal } from '../../../src/store/journal/postgres/postgres-journal.ts';
import { openSqliteJournal } from '../../../src/store/journal/sqlite-journal.ts';

/** The journal of a place: a URL of PostgreSQL, or a file of SQLite. */
export function openAt(place: string): Promise<Journal> {
  if (place.startsWith('postgres://')) return openPostgresJournal({ url: place });
  return openSqliteJournal({ file: place, now: () => Date.now() });
}
