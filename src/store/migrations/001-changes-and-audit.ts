import type { Kysely } from 'kysely';
import type { Tables } from '../tables.ts';

/** Changes with their steps, the audit chain, settings and wrong attempts. */
export async function createChangesAndAudit(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('changes')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('environment', 'text', column => column.notNull())
    .addColumn('cluster_uid', 'text', column => column.notNull())
    .addColumn('tool', 'text', column => column.notNull())
    .addColumn('digest', 'text', column => column.notNull())
    .addColumn('state', 'text', column => column.notNull())
    .addColumn('actor', 'text', column => column.notNull())
    .addColumn('risk', 'text', column => column.notNull())
    .addColumn('summary', 'text', column => column.notNull())
    .addColumn('targets', 'text', column => column.notNull())
    .addColumn('diff', 'text', column => column.notNull())
    .addColumn('undo', 'text', column => column.notNull())
    .addColumn('reason', 'text')
    .addColumn('created_at', 'text', column => column.notNull())
    .addColumn('expires_at', 'text')
    .addColumn('decided_by', 'text')
    .addColumn('decided_at', 'text')
    .addColumn('finished_at', 'text')
    .addColumn('evidence', 'text', column => column.notNull())
    .addColumn('undo_of', 'text')
    .addColumn('undone_by', 'text')
    .addColumn('sealed_plan', 'blob')
    .addColumn('approval', 'text')
    .addColumn('owner', 'text')
    .addColumn('epoch', 'integer', column => column.notNull())
    .addColumn('lease_until', 'text')
    .addColumn('way_back_until', 'text')
    .addColumn('wrong_passphrases', 'integer', column => column.notNull())
    .execute();
  await db.schema.createIndex('changes_newest').on('changes').columns(['created_at', 'id']).execute();
  await db.schema.createIndex('changes_open').on('changes').columns(['state', 'digest']).execute();
  await db.schema
    .createTable('steps')
    .addColumn('change_id', 'text', column => column.notNull().references('changes.id'))
    .addColumn('step', 'integer', column => column.notNull())
    .addColumn('state', 'text', column => column.notNull())
    .addColumn('target', 'text', column => column.notNull())
    .addColumn('uid', 'text')
    .addColumn('resource_version', 'text')
    .addColumn('started_at', 'text')
    .addColumn('applied_at', 'text')
    .addColumn('ended_at', 'text')
    .addColumn('evidence', 'text', column => column.notNull())
    .addColumn('sealed_way_back', 'blob')
    .addPrimaryKeyConstraint('steps_key', ['change_id', 'step'])
    .execute();
  await db.schema
    .createTable('audit')
    .addColumn('sequence', 'integer', column => column.primaryKey())
    .addColumn('at', 'text', column => column.notNull())
    .addColumn('event', 'text', column => column.notNull())
    .addColumn('change_id', 'text')
    .addColumn('environment', 'text')
    .addColumn('facts', 'text', column => column.notNull())
    .addColumn('previous', 'text', column => column.notNull())
    .addColumn('hash', 'text', column => column.notNull())
    .execute();
  await db.schema.createIndex('audit_of_change').on('audit').columns(['change_id', 'sequence']).execute();
  await db.schema
    .createTable('settings')
    .addColumn('key', 'text', column => column.primaryKey())
    .addColumn('value', 'text', column => column.notNull())
    .execute();
  await db.schema
    .createTable('attempts')
    .addColumn('approver', 'text', column => column.primaryKey())
    .addColumn('failures', 'integer', column => column.notNull())
    .addColumn('paused_until', 'text')
    .execute();
}
