import type { Kysely } from 'kysely';
import type { Tables } from '../tables.ts';

/** Schedules that stand on an approval, each moment at which one was begun, and who goes through them just now. */
export async function createSchedules(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('schedules')
    .addColumn('environment', 'text', column => column.notNull())
    .addColumn('name', 'text', column => column.notNull())
    .addColumn('change_id', 'text', column => column.notNull())
    .addColumn('schedule', 'text', column => column.notNull())
    .addColumn('sealed_plan', 'blob', column => column.notNull())
    .addColumn('since', 'text', column => column.notNull())
    .addPrimaryKeyConstraint('schedules_key', ['environment', 'name'])
    .execute();
  await db.schema
    .createTable('moments')
    .addColumn('environment', 'text', column => column.notNull())
    .addColumn('name', 'text', column => column.notNull())
    .addColumn('moment', 'text', column => column.notNull())
    .addColumn('change_id', 'text', column => column.notNull())
    .addColumn('state', 'text', column => column.notNull())
    .addColumn('started_at', 'text', column => column.notNull())
    .addColumn('ended_at', 'text')
    .addColumn('drilled', 'integer', column => column.notNull())
    .addColumn('said', 'text', column => column.notNull())
    .addPrimaryKeyConstraint('moments_key', ['environment', 'name', 'moment'])
    .execute();
  await db.schema
    .createTable('ticks')
    .addColumn('environment', 'text', column => column.primaryKey())
    .addColumn('owner', 'text')
    .addColumn('lease_until', 'text')
    .addColumn('seen_at', 'text', column => column.notNull())
    .execute();
}
