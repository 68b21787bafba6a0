import type { Kysely } from 'kysely';
import type { Tables } from '../tables.ts';

/** Up to which row each witness of the audit was told; what is behind it is still to be told. */
export async function createWitnesses(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('witnesses')
    .addColumn('witness', 'text', column => column.primaryKey())
    .addColumn('sequence', 'integer', column => column.notNull())
    .addColumn('hash', 'text', column => column.notNull())
    .addColumn('told_at', 'text')
    .addColumn('failing_since', 'text')
    .addColumn('why', 'text')
    .execute();
}
