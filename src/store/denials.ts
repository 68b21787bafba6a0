import { isObject, type JsonObject } from '../core/json.ts';
import type { AuditEntry } from './audit-row.ts';
import type { Queries } from './database.ts';
import type { DenialTable } from './tables.ts';

// A caller who is told no can ask again at once and without end. So that this does not grow the audit, which is never
// cut, the denials of a minute are one row of it. They are counted in a row of their own, one a person and environment,
// as durable as any; the minute's row is linked into the chain with the next thing that is recorded, or read.

/** From the first denial on. */
const countedMs = 60_000;

/** One refusal. `rule`: of the policy. */
export interface Denied {
  environment: string;
  person: string;
  rule: string;
  changeId?: string;
  facts: JsonObject;
}

/** Counts one more; the entry of a minute that is over by now comes back, to be appended. */
export async function countDenial(
  tx: Queries,
  { denied, now }: { denied: Denied; now: Date },
): Promise<AuditEntry | undefined> {
  const { environment, person, rule, facts } = denied;
  const at = now.toISOString();
  const counted = await tx
    .selectFrom('denials')
    .selectAll()
    .where('environment', '=', environment)
    .where('person', '=', person)
    .executeTakeFirst();
  const last = { last_at: at, facts: JSON.stringify({ ...facts, rule }) };
  if (counted !== undefined && !isOver(counted, now)) {
    const changeId = counted.change_id === denied.changeId ? counted.change_id : null;
    await tx
      .updateTable('denials')
      .set({ ...last, count: counted.count + 1, change_id: changeId })
      .where('environment', '=', environment)
      .where('person', '=', person)
      .execute();
    return undefined;
  }
  const row: DenialTable = {
    environment,
    person,
    ...last,
    count: 1,
    first_at: at,
    first_rule: rule,
    change_id: denied.changeId ?? null,
  };
  await tx
    .insertInto('denials')
    .values(row)
    .onConflict(conflict => conflict.columns(['environment', 'person']).doUpdateSet(row))
    .execute();
  return counted === undefined ? undefined : entryOf(counted);
}

/** Ends the counting of denials whose minute is over, or of all; their entries are to be appended. */
export async function endCounts(tx: Queries, which: { all: true } | { overAt: Date }): Promise<AuditEntry[]> {
  const counted = await tx
    .selectFrom('denials')
    .selectAll()
    .orderBy('first_at')
    .orderBy('environment')
    .orderBy('person')
    .execute();
  const ended = 'all' in which ? counted : counted.filter(row => isOver(row, which.overAt));
  for (const { environment, person } of ended) {
    await tx
      .deleteFrom('denials')
      .where('environment', '=', environment)
      .where('person', '=', person)
      .execute();
  }
  return ended.map(entryOf);
}

/** A clock that was set back ends a minute too: otherwise nothing would be linked until it catches up. */
function isOver({ first_at: firstAt }: DenialTable, now: Date): boolean {
  return Math.abs(now.getTime() - Date.parse(firstAt)) >= countedMs;
}

function entryOf(row: DenialTable): AuditEntry {
  const facts: unknown = JSON.parse(row.facts);
  const last = isObject(facts) ? facts : {};
  return {
    event: 'denied',
    environment: row.environment,
    ...(row.change_id === null ? {} : { changeId: row.change_id }),
    facts: {
      ...last,
      count: row.count,
      firstRule: row.first_rule,
      lastRule: last['rule'] ?? null,
      firstAt: row.first_at,
      lastAt: row.last_at,
    },
  };
}
