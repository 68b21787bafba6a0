import { dayMs, exhausted, overBudget, overProposals, type Spending, type Spent } from '../core/budget.ts';
import type { Decision } from '../core/decision.ts';
import type { Plan } from '../core/plan.ts';
import type { Budget, Denial } from '../core/policy.ts';
import { describeRef } from '../core/ref.ts';
import { isOpenAt, objectKey, targetsOf } from './change-row.ts';
import type { Queries } from './database.ts';

// What is spent is counted and judged in the transaction that records the spending: of two processes that want the last
// place, the second counts the first one's.

/** Whose budget a change counts in, and how large it is. */
export interface Within {
  person: string;
  budget: Budget;
  /** HMAC of what was asked for, the asker's words left out: the same question after a person's no is the same change. */
  question: string;
}

type Counted = 'automatic' | 'open' | 'proposed' | 'rejected';

/** When a ticket without an end expires. */
const endOfTime = '9999-12-31T00:00:00.000Z';
const hourMs = 3_600_000;

/** What the budget says in place of policy's verdict; else what the plan is about to spend. */
export async function judgeSpending(
  tx: Queries,
  asked: { plan: Plan; within: Within; verdict: 'allow' | 'ask'; now: Date },
): Promise<{ instead: Decision } | { spending: Spending }> {
  const { plan, within, verdict, now } = asked;
  const spending = {
    objects: targetsOf(plan).map(target => ({ key: objectKey(target), name: describeRef(target) })),
    sparesObjects: await takesBackOwn(tx, asked),
    personsUndo: plan.undoOf !== undefined && plan.actor.kind === 'person',
  };
  const spent = await readSpent(tx, {
    ...within,
    environment: plan.environment,
    digest: plan.digest,
    objects: spending.objects.map(({ key }) => key),
    now,
  });
  const instead = overBudget({ verdict, budget: within.budget, spending, spent, now });
  return instead === undefined ? { spending } : { instead };
}

/** All that the budget of one person in one environment is judged by, in one query. */
async function readSpent(
  tx: Queries,
  asked: Within & { environment: string; digest: string; objects: readonly string[]; now: Date },
): Promise<Spent> {
  const { environment, person, budget, objects } = asked;
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
      .where(eb => eb.or([eb('person', '=', person), eb('cools_down', '=', 'everybody')]))
      .where('decided_at', '>', since(budget.coolDownSeconds * 1000));
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
    .unionAll(
      ticketsSince(tx, { environment, person, since: since(hourMs) }).select(eb => [
        eb.val<Counted>('proposed').as('of'),
        'created_at as at',
        eb.val<string | null>(null).as('object'),
      ]),
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
    proposals: times('proposed'),
    rejectedAt: times('rejected'),
  };
}

/** What the budget says to one more ticket of a person, before it is known whether a plan would become one. */
export async function judgeProposals(
  db: Queries,
  { environment, person, budget, now }: { environment: string; person: string; budget: Budget; now: Date },
): Promise<Decision | undefined> {
  const since = new Date(now.getTime() - hourMs).toISOString();
  const rows = await ticketsSince(db, { environment, person, since }).select('created_at').execute();
  return overProposals({ budget, proposals: rows.map(row => row.created_at), now });
}

/** What was made as a ticket and not as an automatic change: that alone can expire. */
function ticketsSince(db: Queries, of: { environment: string; person: string; since: string }) {
  return db
    .selectFrom('changes')
    .where('environment', '=', of.environment)
    .where('person', '=', of.person)
    .where('expires_at', 'is not', null)
    .where('created_at', '>', of.since);
}

/** Whose budgets of an environment are used up, and when there is room again. */
export async function readExhausted(
  db: Queries,
  { environment, budget, now }: { environment: string; budget: Budget; now: Date },
): Promise<(Denial & { person: string })[]> {
  const anHourAgo = new Date(now.getTime() - hourMs).toISOString();
  const persons = await db
    .selectFrom('automatic')
    .select('person')
    .where('environment', '=', environment)
    .where('at', '>', anHourAgo)
    .union(
      db
        .selectFrom('changes')
        .select(eb => eb.ref('person').$notNull().as('person'))
        .where(eb => eb.or([isOpenAt(now.toISOString())(eb), eb('created_at', '>', anHourAgo)]))
        .where('environment', '=', environment)
        .where('person', 'is not', null),
    )
    .orderBy('person')
    .execute();
  const found: (Denial & { person: string })[] = [];
  for (const { person } of persons) {
    const asked = { environment, person, budget, question: '', digest: '', objects: [], now };
    const spent = await readSpent(db, asked);
    found.push(...exhausted({ budget, spent, now }).map(({ rule, why }) => ({ person, rule, why })));
  }
  return found;
}

/** Takes the places of a change that goes by itself. Kept for good, as the change is: a clock set to and fro frees none. */
export async function recordSpending(
  tx: Queries,
  spent: { plan: Plan; within: Within; spending: Spending; now: Date },
): Promise<void> {
  const { plan, spending, now } = spent;
  const at = now.toISOString();
  const rows = spending.objects.map(({ key }) => ({
    change_id: plan.id,
    environment: plan.environment,
    person: spent.within.person,
    object: spending.sparesObjects ? null : key,
    at,
  }));
  if (rows.length > 0) await tx.insertInto('automatic').values(rows).execute();
}

/**
 * Whether a plan takes back what the same person's change did within the hour. The undo of an undo is none: otherwise an
 * object could be moved to and fro without end.
 */
async function takesBackOwn(
  tx: Queries,
  { plan, within, now }: { plan: Plan; within: Within; now: Date },
): Promise<boolean> {
  if (plan.undoOf === undefined) return false;
  const row = await tx
    .selectFrom('changes')
    .select(['environment', 'person', 'undo_of', 'finished_at'])
    .where('id', '=', plan.undoOf)
    .executeTakeFirst();
  if (row === undefined || row.finished_at === null || row.undo_of !== null) return false;
  const own = row.environment === plan.environment && row.person === within.person;
  return own && row.finished_at > new Date(now.getTime() - hourMs).toISOString();
}
