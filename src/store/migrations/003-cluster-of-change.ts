import type { Kysely } from 'kysely';
import type { Tables } from '../tables.ts';

/** Which cluster a change was made on, kept when its plan is deleted: an undo must lead there. Null on older changes. */
export async function createClusterOfChange(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable('changes').addColumn('cluster', 'text').execute();
}
