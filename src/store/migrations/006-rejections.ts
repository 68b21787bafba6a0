import type { Kysely } from 'kysely';
import type { Tables } from '../tables.ts';

/** For whom a rejection holds, and quick counting of what one person asked for of late. */
export async function createRejections(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable('changes').addColumn('cools_down', 'text').execute();
  await db.schema
    .createIndex('changes_of_person')
    .on('changes')
    .columns(['environment', 'person', 'created_at'])
    .execute();
}
