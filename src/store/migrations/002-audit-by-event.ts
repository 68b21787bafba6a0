import type { Kysely } from 'kysely';
import type { Tables } from '../tables.ts';

/** Before every write the newest rows about the kill switch are looked up, and the row that an approval pins. */
export async function indexAuditByEvent(db: Kysely<Tables>): Promise<void> {
  await db.schema.createIndex('audit_of_event').on('audit').columns(['event', 'sequence']).execute();
  await db.schema.createIndex('audit_by_hash').on('audit').column('hash').execute();
}
