import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  openPostgresJournal,
  type SharedJournal,
} from '../../src/store/journal/postgres/postgres-journal.ts';
import type { RealPostgres } from '../integrations/support/postgres.ts';
import { CliHome } from '../support/command-line.ts';
import { newDatabase } from '../support/store-server.ts';

/** Where `vigie worker` is started again and again over one new database. `more`: lines of vigie.yaml, of its folder. */
export async function makeSharedHome(
  server: RealPostgres,
  { more = () => '' }: { more?: (dir: string) => string } = {},
): Promise<{ home: CliHome; journal: SharedJournal; sql: (text: string) => string }> {
  const { url, sql } = newDatabase(server);
  const home = await CliHome.make();
  onTestFinished(() => home.remove());
  await writeFile(join(home.dir, 'store.url'), url, { mode: 0o600 });
  await writeFile(
    join(home.dir, 'vigie.yaml'),
    `witness: {journal: false}
store: {postgres: {url: "file:${join(home.dir, 'store.url')}"}}
environments: {box: {sandbox: {world: shop}, policy: {low: ask, medium: ask, high: ask}}}
${more(home.dir)}`,
    { mode: 0o600 },
  );
  const journal = await openPostgresJournal({ url });
  onTestFinished(() => journal.close());
  return { home, journal, sql };
}
