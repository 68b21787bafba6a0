import { VigieError } from '../core/errors.ts';
import type { Database, Queries } from './database.ts';
import { migrations } from './migrations/index.ts';

/** Brings the tables up to this version. Of two processes that start at once one does it and the other finds it done. */
export async function migrate(database: Database): Promise<void> {
  if ((await versionOf(database)) === migrations.length) return;
  await database.write(async tx => {
    await makeSchema(tx, database.schema);
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
        `The store ${database.name} was written by a newer Vigie (schema ${found}; this one knows ${migrations.length}).`,
        { hint: 'Use the newer vigie, or another store.' },
      );
    }
    for (const migration of migrations.slice(found)) await migration(tx);
    if (row === undefined)
      await tx.insertInto('schema_version').values({ version: migrations.length }).execute();
    else await tx.updateTable('schema_version').set({ version: migrations.length }).execute();
  });
}

/** Where an administrator made it, its user need not be one who may make schemas: `if not exists` would ask for that. */
async function makeSchema(tx: Queries, schema: string | undefined): Promise<void> {
  if (schema === undefined) return;
  const known = await tx.introspection.getSchemas();
  if (!known.some(({ name }) => name === schema)) await tx.schema.createSchema(schema).execute();
}

async function versionOf(database: Database): Promise<number> {
  return database.read(async db => {
    const tables = await db.introspection.getTables();
    const ours = ({ name, schema }: { name: string; schema?: string }) =>
      name === 'schema_version' && schema === database.schema;
    if (!tables.some(ours)) return 0;
    const row = await db.selectFrom('schema_version').select('version').executeTakeFirst();
    return row?.version ?? 0;
  });
}
