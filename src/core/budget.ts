import type { Decision } from './decision.ts';
import type { Budget, Denial } from './policy.ts';

// What one person's agents may do in an environment before a person has to look, however small each step is. Pure: what
// was spent is read, and what is spent now recorded, by the store in one transaction.

/** Why these numbers: docs/decisions/budgets.md. */
export const defaultBudget: Budget = {
  automaticPerHour: 20,
  perObjectPerDay: 5,
  openTickets: 10,
  proposalsPerHour: 60,
  coolDownSeconds: 3600,
};

const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

/** What was done and asked for on behalf of one person in one environment. Times are ISO 8601, in any order. */
export interface Spent {
  /** One for each object that an automatic change wrote; of the last hour at least. `object` absent: it counts for the hour alone. */
  automatic: readonly { at: string; object?: string }[];
  /** When each open ticket expires. */
  openTickets: readonly string[];
  /** When each ticket was made, of the last hour at least, whatever became of it. */
  proposals: readonly string[];
  /** When the same change was rejected, as far as that holds for this person, within the cool-down at least. */
  rejectedAt: readonly string[];
}

/** The objects of a plan: how each is known to the budget, and to people. */
export interface Spending {
  objects: readonly { key: string; name: string }[];
  /** The undo of one's own change within the hour: none of the objects' budgets. */
  sparesObjects: boolean;
  /** The undo of a finished change that a person asks for: a no to it makes it ask again, and never denies it. */
  personsUndo: boolean;
}

/** The stricter of each; a longer cool-down is stricter. */
export function stricterBudget(a: Budget, b: Budget): Budget {
  return {
    automaticPerHour: Math.min(a.automaticPerHour, b.automaticPerHour),
    perObjectPerDay: Math.min(a.perObjectPerDay, b.perObjectPerDay),
    openTickets: Math.min(a.openTickets, b.openTickets),
    proposalsPerHour: Math.min(a.proposalsPerHour, b.proposalsPerHour),
    coolDownSeconds: Math.max(a.coolDownSeconds, b.coolDownSeconds),
  };
}

/** What the budget says in place of allow or ask; undefined: nothing. An exhausted automatic budget asks, all else denies. */
export function overBudget(input: {
  verdict: 'allow' | 'ask';
  budget: Budget;
  spending: Spending;
  spent: Spent;
  now: Date;
}): Decision | undefined {
  const cooling = coolingDown(input);
  if (cooling !== undefined && !input.spending.personsUndo) return cooling;
  if (input.verdict === 'ask') return overTickets(input) ?? overProposals({ ...input, ...input.spent });
  return cooling === undefined ? overAutomatic(input) : { ...cooling, verdict: 'ask' };
}

/** What is used up at this moment for whatever is asked: the places of an hour, the list of tickets. */
export function exhausted(input: { budget: Budget; spent: Spent; now: Date }): Denial[] {
  const spending = { objects: [{ key: '', name: '' }], sparesObjects: true, personsUndo: false };
  return [
    overAutomatic({ ...input, spending }),
    overTickets(input),
    overProposals({ ...input, ...input.spent }),
  ].filter(over => over !== undefined);
}

/** Whether a time lies in the window that began then; one ahead of the clock does, since the clock was set back. */
function countsSince(at: string, sinceMs: number): boolean {
  return Date.parse(at) > sinceMs;
}

function coolingDown({ budget, spent, now }: { budget: Budget; spent: Spent; now: Date }) {
  const coolDownMs = budget.coolDownSeconds * 1000;
  const newest = spent.rejectedAt
    .filter(at => countsSince(at, now.getTime() - coolDownMs))
    .toSorted()
    .at(-1);
  if (newest === undefined) return undefined;
  return {
    verdict: 'deny' as const,
    rule: 'policy.budget.coolDown',
    why: `a person rejected this change at ${newest}; it can be asked for again from ${later(newest, coolDownMs)}`,
  };
}

function overAutomatic({
  budget,
  spending,
  spent,
  now,
}: {
  budget: Budget;
  spending: Spending;
  spent: Spent;
  now: Date;
}): Decision | undefined {
  const { automaticPerHour, perObjectPerDay } = budget;
  const made = spent.automatic.map(({ at }) => at);
  const wanted = spending.objects.length;
  const hour = roomIn(made, { limit: automaticPerHour, wanted, windowMs: hourMs, now });
  if (hour !== 'now')
    return {
      verdict: 'ask',
      rule: 'policy.budget.automaticPerHour',
      why: `policy makes at most ${automaticPerHour} changes an hour by itself, and ${wanted === 1 ? 'no place is free' : `no ${wanted} places are free`}; ${freeFrom(hour)}`,
    };
  if (spending.sparesObjects) return undefined;
  for (const { key, name } of spending.objects) {
    const times = spent.automatic.filter(({ object }) => object === key).map(({ at }) => at);
    const again = spending.objects.filter(other => other.key === key).length;
    const day = roomIn(times, { limit: perObjectPerDay, wanted: again, windowMs: dayMs, now });
    if (day !== 'now')
      return {
        verdict: 'ask',
        rule: 'policy.budget.perObjectPerDay',
        why: `policy changes an object by itself at most ${perObjectPerDay} times a day, and for ${name} this is over that; ${freeFrom(day)}`,
      };
  }
  return undefined;
}

function overTickets({
  budget,
  spent,
  now,
}: {
  budget: Budget;
  spent: Spent;
  now: Date;
}): Decision | undefined {
  const open = spent.openTickets.filter(at => countsSince(at, now.getTime())).toSorted();
  const first = open[open.length - budget.openTickets];
  if (first === undefined) return undefined;
  return {
    verdict: 'deny',
    rule: 'policy.budget.openTickets',
    why: `${open.length} tickets are open, and ${budget.openTickets} may be; there is room as soon as a person decides one, at the latest from ${first}`,
  };
}

/** What the budget says where one more ticket would be made. */
export function overProposals({
  budget,
  proposals,
  now,
}: {
  budget: Budget;
  proposals: readonly string[];
  now: Date;
}): Decision | undefined {
  const { proposalsPerHour } = budget;
  const room = roomIn(proposals, { limit: proposalsPerHour, wanted: 1, windowMs: hourMs, now });
  if (room === 'now') return undefined;
  return {
    verdict: 'deny',
    rule: 'policy.budget.proposalsPerHour',
    why: `${proposalsPerHour} tickets an hour is the most that are made for one person${room === 'never' ? '' : `; the next from ${room.from}`}`,
  };
}

/** When `wanted` more fit into a window that holds `limit`: now, from a time on, or never. */
function roomIn(
  times: readonly string[],
  window: { limit: number; wanted: number; windowMs: number; now: Date },
): 'now' | 'never' | { from: string } {
  const { limit, wanted, windowMs, now } = window;
  if (wanted > limit) return 'never';
  const newestFirst = times
    .filter(at => countsSince(at, now.getTime() - windowMs))
    .toSorted()
    .toReversed();
  // Once this one has left the window, so have all that are older.
  const mustLeave = newestFirst[limit - wanted];
  return mustLeave === undefined ? 'now' : { from: later(mustLeave, windowMs) };
}

function freeFrom(room: 'never' | { from: string }): string {
  return room === 'never' ? 'it is always asked for' : `it goes without asking again from ${room.from}`;
}

function later(at: string, ms: number): string {
  return new Date(Date.parse(at) + ms).toISOString();
}
