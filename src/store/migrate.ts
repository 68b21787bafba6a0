import { VigieError } from '../core/errors.ts';
import type { Database } from './database.ts';
import { migrations } from './migrations/index.ts';

/** Brings the tables up to this version. Of two processes that start at once one does it and the other finds it done. */
export async function migrate(database: Database): Promise<void> {
  if ((await versionOf(database)) === migrations.length) return;
  await database.write(async tx => {
    await tx.schema
      .createTable('schema_version')
      .ifNotExists()
      .addColumn('version', 'integer', column => column.notNull())
      .execute();
    const row = await tx.selectFrom('schema_version').select('version').executeTakeFirst();
    const found = row?.version ?? 0;
    if (found > migrations.length) {
      throw new VigieError(
        'STORE',
        `The store ${database.file} was written by a newer Vigie (schema ${found}; this one knows ${migrations.length}).`,
        { hint: 'Use the newer vigie, or another VIGIE_HOME.' },
      );
    }
    for (const migration of migrations.slice(found)) await migration(tx);
    if (row === undefined)
      await tx.insertInto('schema_version').values({ version: migrations.length }).execute();
    else await tx.updateTable('schema_version').set({ version: migrations.length }).execute();
  });
}

async function versionOf(database: Database): Promise<number> {
  return database.read(async db => {
    const tables = await db.introspection.getTables();
    if (!tables.some(({ name }) => name === 'schema_version')) return 0;
    const row = await db.selectFrom('schema_version').select('version').executeTakeFirst();
    return row?.version ?? 0;
  });
}
