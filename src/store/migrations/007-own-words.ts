import type { Kysely } from 'kysely';
import type { Tables } from '../tables.ts';

/** What whoever asked for a change is shown of it, sealed; null where all are shown the same, and on older changes. */
export async function createOwnWords(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable('changes').addColumn('sealed_own', 'blob').execute();
}
