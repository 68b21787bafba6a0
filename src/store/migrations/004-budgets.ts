import type { Kysely } from 'kysely';
import type { Tables } from '../tables.ts';

/** Who a change was for and what it asked, what went by itself of late, and the denials that are still being counted. */
export async function createBudgets(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable('changes').addColumn('person', 'text').execute();
  await db.schema.alterTable('changes').addColumn('question', 'text').execute();
  await db.schema.createIndex('changes_asked').on('changes').columns(['state', 'question']).execute();
  await db.schema
    .createTable('automatic')
    .addColumn('change_id', 'text', column => column.notNull().references('changes.id'))
    .addColumn('environment', 'text', column => column.notNull())
    .addColumn('person', 'text', column => column.notNull())
    .addColumn('object', 'text')
    .addColumn('at', 'text', column => column.notNull())
    .execute();
  await db.schema
    .createIndex('automatic_newest')
    .on('automatic')
    .columns(['environment', 'person', 'at'])
    .execute();
  await db.schema
    .createTable('denials')
    .addColumn('environment', 'text', column => column.notNull())
    .addColumn('person', 'text', column => column.notNull())
    .addColumn('count', 'integer', column => column.notNull())
    .addColumn('first_at', 'text', column => column.notNull())
    .addColumn('last_at', 'text', column => column.notNull())
    .addColumn('first_rule', 'text', column => column.notNull())
    .addColumn('change_id', 'text')
    .addColumn('facts', 'text', column => column.notNull())
    .addPrimaryKeyConstraint('denials_key', ['environment', 'person'])
    .execute();
}
