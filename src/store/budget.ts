import { dayMs, type Spending, type Spent } from '../core/budget.ts';
import type { Budget } from '../core/policy.ts';
import { isOpenAt } from './change-row.ts';
import type { Queries } from './database.ts';

// What is spent is counted and judged in the transaction that records the spending: of two processes that want the last
// place, the second counts the first one's.

/** Whose budget it is, and what for. */
export interface Purse {
  environment: string;
  person: string;
}

type Counted = 'automatic' | 'open' | 'rejected';

/** When a ticket without an end expires. */
const endOfTime = '9999-12-31T00:00:00.000Z';
const hourMs = 3_600_000;

/** All that the budget of one person in one environment is judged by, in one query. */
export async function readSpent(
  tx: Queries,
  asked: Purse & { digest: string; question: string; objects: readonly string[]; budget: Budget; now: Date },
): Promise<Spent> {
  const { environment, person, objects } = asked;
  const since = (ms: number) => new Date(asked.now.getTime() - ms).toISOString();
  const rejected = (column: 'digest' | 'question') =>
    tx
      .selectFrom('changes')
      .select(eb => [
        eb.val<Counted>('rejected').as('of'),
        eb.ref('decided_at').$notNull().as('at'),
        eb.val<string | null>(null).as('object'),
      ])
      .where('state', '=', 'rejected')
      .where(column, '=', asked[column])
      .where('environment', '=', environment)
      .where('decided_at', '>', since(asked.budget.coolDownSeconds * 1000));
  const rows = await tx
    .selectFrom('automatic')
    .select(eb => [eb.val<Counted>('automatic').as('of'), 'at', 'object'])
    .where('environment', '=', environment)
    .where('person', '=', person)
    .where('at', '>', since(dayMs))
    .where(eb => eb.or([eb('at', '>', since(hourMs)), eb('object', 'in', objects)]))
    .unionAll(
      tx
        .selectFrom('changes')
        .select(eb => [
          eb.val<Counted>('open').as('of'),
          eb.fn.coalesce('expires_at', eb.val(endOfTime)).as('at'),
          eb.val<string | null>(null).as('object'),
        ])
        .where(isOpenAt(asked.now.toISOString()))
        .where('environment', '=', environment)
        .where('person', '=', person),
    )
    .unionAll(rejected('digest'))
    .unionAll(rejected('question'))
    .execute();
  const times = (of: Counted) => rows.flatMap(row => (row.of === of ? [row.at] : []));
  return {
    automatic: rows.flatMap(({ of, at, object }) =>
      of === 'automatic' ? [{ at, ...(object === null ? {} : { object }) }] : [],
    ),
    openTickets: times('open'),
    rejectedAt: times('rejected'),
  };
}

/** Takes the places of a change that goes by itself. Kept for good, as the change is: a clock set to and fro frees none. */
export async function recordSpending(
  tx: Queries,
  spent: Purse & { changeId: string; spending: Spending; now: Date },
): Promise<void> {
  const { environment, person, spending, now } = spent;
  const at = now.toISOString();
  const rows = spending.objects.map(({ key }) => ({
    change_id: spent.changeId,
    environment,
    person,
    object: spending.sparesObjects ? null : key,
    at,
  }));
  if (rows.length > 0) await tx.insertInto('automatic').values(rows).execute();
}

/**
 * Whether a plan takes back what the same person's change did within the hour. The undo of an undo is none: otherwise an
 * object could be moved to and fro without end.
 */
export async function takesBackOwn(
  tx: Queries,
  undo: Purse & { undoOf: string | undefined; now: Date },
): Promise<boolean> {
  if (undo.undoOf === undefined) return false;
  const row = await tx
    .selectFrom('changes')
    .select(['environment', 'person', 'undo_of', 'finished_at'])
    .where('id', '=', undo.undoOf)
    .executeTakeFirst();
  if (row === undefined || row.finished_at === null || row.undo_of !== null) return false;
  const own = row.environment === undo.environment && row.person === undo.person;
  return own && row.finished_at > new Date(undo.now.getTime() - hourMs).toISOString();
}
