import type { Kysely } from 'kysely';
import type { Tables } from '../tables.ts';

/** Tickets that let a run make changes later, and what was done under them. */
export async function createGates(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('gates')
    .addColumn('change_id', 'text', column => column.primaryKey().references('changes.id'))
    .addColumn('run', 'text', column => column.notNull())
    .addColumn('path', 'text', column => column.notNull())
    .addColumn('seat', 'integer', column => column.notNull())
    .execute();
  await db.schema.createIndex('gates_of_run').on('gates').columns(['run', 'path']).execute();
  await db.schema
    .createTable('gate_uses')
    .addColumn('run', 'text', column => column.notNull())
    .addColumn('step', 'text', column => column.notNull())
    .addColumn('use', 'integer', column => column.notNull())
    .addColumn('gate_id', 'text', column => column.notNull())
    .addColumn('change_id', 'text', column => column.notNull().references('changes.id'))
    .addPrimaryKeyConstraint('gate_uses_key', ['run', 'step', 'use'])
    .execute();
}
