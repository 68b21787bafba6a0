import { type Approval, deciderOf } from '../core/approval.ts';
import { isWithin } from '../core/decision.ts';
import { VigieError } from '../core/errors.ts';
import { type CoveredCall, type Gate, mayGoAgain, mostSeats } from '../core/gate.ts';
import { canonicalJson, textOf } from '../core/json.ts';
import type { Plan } from '../core/plan.ts';
import { describeRef } from '../core/ref.ts';
import { type AuditRow, endEvents } from '../store/audit-row.ts';
import type { CallGate } from './call.ts';
import { digestOf } from './plan.ts';
import { recheck } from './recheck.ts';
import type { Standing } from './standing-approval.ts';
import { checkStanding } from './standing-signature.ts';
import type { ChangingReach, Environment, Vigie } from './vigie.ts';

// A run goes on long after people agreed at its gate, and its journal is a file that others may write. So of the run only
// names of tickets are taken. What was agreed to is read from the sealed plan of each, whose digest is in what a person
// signed; the audit says that this was approved once, is not over, and what went under it before. What leaves is what was
// shown: the changes of the gate's own plan, previewed again, and not what the step would plan by now.

/** What went under one gate: its steps, each as often as one is tried. Far more is nobody's run. */
const mostRows = 1_000;
/** How one change ended is one row; more were written by somebody else, and all of them count. */
const mostEnds = 10;

/** What a gate lets a step do. */
interface Covered {
  standing: Standing;
  /** The step's plan with the changes that people were shown. */
  plan: Plan;
  tickets: readonly string[];
}

interface At {
  gate: CallGate;
  /** What the step plans now. */
  plan: Plan;
  environment: Environment;
  reach: ChangingReach;
  policyAccepted: boolean;
}

/** Whether a step goes under its gate; `why` it does not is for a person, and so is the `seats` that people had to take. */
export async function gateApproval(
  vigie: Vigie,
  at: At,
): Promise<{ covered: Covered } | { why: string; seats: number }> {
  const { gate, plan } = at;
  let seats = gate.seats;
  try {
    if (gate.tickets.length === 0 || gate.tickets.length > mostSeats)
      return { why: 'nobody was asked about it there', seats };
    const opened = await Promise.all(gate.tickets.map(id => openSeat(vigie, id)));
    const [first] = opened;
    if (first === undefined) return { why: 'nobody was asked about it there', seats };
    seats = Math.max(seats, first.gate.seats);
    const call = sameCall(opened, { plan, path: gate.path });
    if (typeof call === 'string') return { why: call, seats };
    const found = await asShown(vigie, { ...at, approved: first.approved, call });
    if (typeof found === 'string') return { why: found, seats };
    const tickets = opened.map(({ approved }) => approved.id);
    // Last, so that nothing else is asked between the signatures and the record of the change.
    for (const seat of opened) await checkSeat(vigie, { ...at, seat, risk: found.risk });
    return {
      covered: {
        plan: found,
        tickets,
        standing: {
          changeId: first.approved.id,
          approval: first.approval,
          facts: {
            change: first.approved.id,
            digest: first.approved.digest,
            approver: deciderOf(first.approval),
            run: first.gate.run,
            step: gate.path,
            seats: opened.map(({ approved, approval }) => ({
              change: approved.id,
              approver: deciderOf(approval),
            })),
          },
        },
      },
    };
  } catch (error) {
    // What cannot be verified is no approval; a store that cannot be read or a cluster that is away says so itself.
    if (error instanceof VigieError && notCovered.has(error.code)) return { why: error.message, seats };
    throw error;
  }
}

const notCovered: ReadonlySet<string> = new Set([
  'BAD_SIGNATURE',
  'INVALID_CONFIG',
  'NOT_AN_APPROVER',
  'TICKET_CLOSED',
  'UNKNOWN_CHANGE',
  'WRONG_CLUSTER',
]);

interface Seat {
  approved: Plan;
  gate: Gate;
  approval: Approval;
}

/** @throws VigieError UNKNOWN_CHANGE, TICKET_CLOSED, BAD_SIGNATURE */
async function openSeat(vigie: Vigie, id: string): Promise<Seat> {
  const { changes } = await vigie.store();
  const { state } = await changes.get(id);
  if (state !== 'approved') throw new VigieError('TICKET_CLOSED', `the gate ${id} is ${state}`);
  const approved = await changes.plan(id);
  const approval = await changes.approvalOf(id);
  const { gate } = approved;
  if (gate === undefined || approval === undefined)
    throw new VigieError('BAD_SIGNATURE', `${id} is no gate that anybody approved`);
  return { approved, gate, approval };
}

/** The call as each seat has it, of this run, from one gate, by different people; else why it is none. */
function sameCall(seats: readonly Seat[], at: { plan: Plan; path: string }): CoveredCall | string {
  const { plan, path } = at;
  const [first] = seats;
  if (first === undefined) return 'nobody was asked about it there';
  const { gate } = first;
  const taken = seats.map(({ gate: { seat } }) => seat).toSorted((a, b) => a - b);
  if (canonicalJson(taken) !== canonicalJson(Array.from({ length: gate.seats }, (_, index) => index + 1)))
    return `${gate.seats} people must agree, and not all of them have`;
  for (const { approved, gate: other } of seats) {
    if (other.run !== plan.actor.run || canonicalJson(approved.actor) !== canonicalJson(plan.actor))
      return 'what was approved there is for another run';
    if (approved.environment !== plan.environment || other.path !== gate.path || other.seats !== gate.seats)
      return 'its tickets are of different gates';
  }
  const signed = seats.flatMap(({ approval }) => ('unsigned' in approval ? [] : [approval]));
  const people = new Set(signed.map(({ payload }) => payload.approver));
  const keys = new Set(signed.map(({ publicKey }) => publicKey));
  // A key under two names is one person.
  if (Math.min(people.size, keys.size) !== signed.length) return 'one person took two of its seats';
  const [call, ...others] = seats.map(each => each.gate.covers.find(covered => covered.path === path));
  if (call === undefined) return 'it was not among what was approved there';
  if (others.some(other => other?.digest !== call.digest)) return 'not everybody was shown the same';
  const asked = canonicalJson({ tool: plan.tool, input: plan.input });
  return canonicalJson({ tool: call.tool, input: call.input }) === asked
    ? call
    : 'it is called otherwise than was approved there';
}

/** The step's plan with what was shown of it at the gate, if that would do the same today; else why not. */
async function asShown(vigie: Vigie, at: At & { approved: Plan; call: CoveredCall }): Promise<Plan | string> {
  const { approved, call, environment, reach, plan } = at;
  const covers = approved.gate?.covers ?? [];
  const from = covers.slice(0, covers.indexOf(call)).reduce((sum, { changes }) => sum + changes, 0);
  const of = <T>(all: readonly T[]): T[] => all.slice(from, from + call.changes);
  const { gate: _gate, from: _from, ...own } = plan;
  const shown: Plan = {
    ...own,
    cluster: approved.cluster,
    changes: of(approved.changes),
    previews: of(approved.previews),
    digest: call.digest,
  };
  if (canonicalJson(touched(shown)) !== canonicalJson(touched(plan)))
    return 'it would change other objects than were shown there';
  const again = await recheck(vigie, { plan: shown, environment, reach });
  if (again.still === 'so') return again.plan;
  return again.still === 'denied' ? again.denial.why : 'it would do something else than was shown there';
}

/** What is new has a name that may be drawn each time. */
function touched({ previews }: Plan): string[] {
  return previews
    .map(({ change, operation, target }) =>
      operation === 'create'
        ? `${change.kind} create ${target.kind} ${target.namespace ?? ''}`
        : `${change.kind} ${operation} ${describeRef(target)}`,
    )
    .toSorted();
}

/** @throws VigieError BAD_SIGNATURE, NOT_AN_APPROVER, TICKET_CLOSED */
async function checkSeat(vigie: Vigie, at: At & { seat: Seat; risk: Plan['risk'] }): Promise<void> {
  const { environment, policyAccepted, seat, risk } = at;
  const { approved, gate, approval } = seat;
  const { id } = approved;
  // What is sealed could have been sealed anew, and what was signed is the digest alone.
  const digest = digestOf({ ...approved, keys: await vigie.keys() });
  if (digest !== approved.digest)
    throw new VigieError('BAD_SIGNATURE', `What was signed is not the gate ${id}.`);
  const row = await checkStanding(vigie, {
    what: `gate ${id}`,
    approval,
    approved: isWithin(risk.level, approved.risk.level) ? approved : { ...approved, risk },
    environment,
    policyAccepted,
    row: () => onlyApproval(vigie, { id, step: at.gate.path }),
  });
  // By the row, and by the signature too, whatever that row says.
  const latest = Math.min(Date.parse(row.at), Date.parse(approved.expiresAt)) + gate.holdsSeconds * 1000;
  if (!(vigie.now().getTime() < latest))
    throw new VigieError(
      'TICKET_CLOSED',
      `the approval of gate ${id} held until ${new Date(latest).toISOString()}`,
    );
}

/** Its row of the audit, which tells of one approval, of no end, and of no use of that step that came well. @throws VigieError BAD_SIGNATURE */
async function onlyApproval(vigie: Vigie, { id, step }: { id: string; step: string }): Promise<AuditRow> {
  const { audit } = await vigie.store();
  const about = await audit.list({
    changeId: id,
    events: ['approved', 'voided', 'expired', 'rejected'],
    limit: 2,
  });
  const [row, ...others] = about;
  if (row?.event !== 'approved' || others.length > 0)
    throw new VigieError('BAD_SIGNATURE', `By the audit the gate ${id} is over, or was never approved.`);
  const since = await audit.list({
    events: ['started'],
    after: row.sequence,
    naming: id,
    limit: mostRows,
  });
  if (since.length === mostRows)
    throw new VigieError('BAD_SIGNATURE', `Too much went under the gate ${id} to tell whether this did.`);
  for (const { changeId = '', facts } of since) {
    const { standing } = facts;
    if (textOf(standing, 'change') !== id || textOf(standing, 'step') !== step) continue;
    const ends = await audit.list({ changeId, events: endEvents, limit: mostEnds });
    if (!mayGoAgain(ends.map(end => end.facts)))
      throw new VigieError(
        'BAD_SIGNATURE',
        `By the audit it went under the gate ${id} before, as ${changeId}: ${textOf(ends[0]?.facts, 'state') || 'executing'}.`,
      );
  }
  return row;
}
