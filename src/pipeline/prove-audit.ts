import type { Approvers } from '../config/approvers.ts';
import { approvalIn, type Statement, signedText, statementIn } from '../core/approval.ts';
import { isObject, textOf } from '../core/json.ts';
import type { AuditVerdict } from '../store/audit.ts';
import { type AuditRow, beginning, scheduleEvents, switchEvents } from '../store/audit-row.ts';
import { GateProof } from './prove-gates.ts';
import { faultOf } from './prove-signature.ts';
import { Testimony, type WitnessView } from './testimony.ts';
import { isUnknownEntry } from './trusted-approvers.ts';
import type { Vigie } from './vigie.ts';

/** As the chain is found, and what each witness says of a chain that holds. */
export type ProvenAudit =
  | (Extract<AuditVerdict, { ok: true }> & { witnesses: WitnessView[] })
  | Extract<AuditVerdict, { ok: false }>;

/** What was approved so far, by its change. */
type Approved = ReadonlyMap<string, { digest: string; sequence: number }>;

/**
 * Walks the audit chain: every hash and link; that each approval, accepted policy, trusted plugin and lifted kill switch
 * is signed by somebody who was an approver then, for this very row, and pins an earlier row; that each schedule was set
 * by an approval of its own, once; that what went under a gate did so once, before it was over; that the approvers file has
 * what the rows about it recorded; the head kept elsewhere; and that the chain has every row that a witness has.
 * `signal` ends it early: then it throws the signal's reason.
 */
export async function proveAudit(
  vigie: Vigie,
  asked: { head?: string; signal?: AbortSignal } = {},
): Promise<ProvenAudit> {
  const { signal, ...expected } = asked;
  // Asked before the walk: what is recorded and told meanwhile is in the chain by then.
  const testimony = new Testimony(await vigie.witnessing.look(signal));
  const { audit } = await vigie.store();
  const approvers = await vigie.approvers();
  let newestSwitch = beginning;
  let newestAcceptance = beginning;
  const approved = new Map<string, { digest: string; sequence: number }>();
  /** Rows that last set or removed the schedule of a set. */
  const newestSchedule = new Map<string, number>();
  const newestTrust = new Map<string, string>();
  const gates = new GateProof();
  const verdict = await audit.verify({
    ...expected,
    flawOf: row => {
      signal?.throwIfAborted();
      const { environment = '' } = row;
      const trust = newestTrust.get(environment) ?? beginning;
      const flaw = flawOf(row, {
        gates,
        approvers,
        lifts: newestSwitch,
        follows: newestAcceptance,
        trust,
        approved,
        schedule: newestSchedule.get(setOf(row)) ?? 0,
      });
      if (row.event === 'approved' && row.changeId !== undefined)
        approved.set(row.changeId, { digest: textOf(row.facts, 'digest'), sequence: row.sequence });
      gates.pass(row);
      if (scheduleEvents.includes(row.event)) newestSchedule.set(setOf(row), row.sequence);
      if (row.event === 'env_trusted') newestTrust.set(environment, row.hash);
      if (switchEvents.includes(row.event)) newestSwitch = row.hash;
      if (row.event === 'policy_accepted') newestAcceptance = row.hash;
      return flaw ?? testimony.against(row);
    },
  });
  if (!verdict.ok) return verdict;
  const beyond = testimony.beyond(verdict.rows);
  if (beyond !== undefined) return { ok: false, sequence: verdict.rows + 1, what: beyond };
  return { ...verdict, witnesses: testimony.views() };
}

function flawOf(
  row: AuditRow,
  known: {
    gates: GateProof;
    approvers: Approvers;
    lifts: string;
    follows: string;
    trust: string;
    approved: Approved;
    schedule: number;
  },
): string | undefined {
  const { approvers, lifts, follows, trust } = known;
  if (isUnknownEntry(row, approvers)) return 'tells of an entry that the approvers file does not have';
  if (row.event === 'approved')
    return (
      flawOfApproved(row, approvers) ??
      (known.approved.has(row.changeId ?? '') ? 'approves what was approved before' : undefined)
    );
  if (row.event === 'schedule_set') return flawOfSchedule(row, known);
  if (row.event === 'started') return flawOfStanding(row, known.approved) ?? known.gates.flawOf(row);
  if (row.event === 'policy_accepted')
    return flawOfStatement(row, {
      approvers,
      fits: statement => statement.act === 'policy-accept' && statement.follows === follows,
    });
  if (row.event === 'env_trusted')
    return flawOfStatement(row, {
      approvers,
      fits: statement =>
        statement.act === 'env-trust' &&
        statement.environment === row.environment &&
        statement.follows === trust,
    });
  if (row.event === 'kill_switch_off')
    return flawOfStatement(row, {
      approvers,
      fits: statement => statement.act === 'kill-switch-off' && statement.lifts === lifts,
    });
  return undefined;
}

/** What a run of a schedule or a step behind a gate did names the change whose approval it went under: somebody must have approved that before. */
function flawOfStanding({ facts }: AuditRow, approved: Approved): string | undefined {
  const { standing } = facts;
  if (!isObject(standing)) return undefined;
  return approved.get(textOf(standing, 'change'))?.digest === textOf(standing, 'digest')
    ? undefined
    : 'went under an approval that no row before it has';
}

/** An approval sets one schedule, once: one that was taken back is not set by it again. */
function flawOfSchedule(
  { changeId = '' }: AuditRow,
  { approved, schedule }: { approved: Approved; schedule: number },
): string | undefined {
  const approval = approved.get(changeId);
  if (approval === undefined) return 'sets a schedule that no row before it approves';
  return approval.sequence > schedule
    ? undefined
    : 'sets a schedule whose approval is older than what it replaces';
}

function setOf({ environment = '', facts }: AuditRow): string {
  return `${environment}/${textOf(facts, 'schedule')}`;
}

// What stands for a person's signature in a record, and says so itself.
const unsignedSources: readonly unknown[] = ['sandbox', 'unauthenticated-client'];

function flawOfApproved(row: AuditRow, approvers: Approvers): string | undefined {
  const { approval, approver, digest } = row.facts;
  if (isObject(approval) && unsignedSources.includes(approval['unsigned'])) {
    const { unsigned, by } = approval;
    const named = typeof unsigned === 'string' && typeof by === 'string' ? `${unsigned}:${by}` : undefined;
    // No person's key stands behind it, so it must not name a person either.
    return approver === named ? undefined : 'names an approver who did not sign';
  }
  const signed = approvalIn(approval);
  if (signed === undefined) return 'holds no approval';
  const { payload, signature, publicKey } = signed;
  const another =
    payload.ticket !== row.changeId ||
    payload.environment !== row.environment ||
    payload.digest !== digest ||
    payload.approver !== approver;
  if (another) return 'holds the approval of another change';
  const said = { person: payload.approver, text: signedText('approval', payload), signature, publicKey };
  return faultOf(said, { approvers, at: row.at });
}

function flawOfStatement(
  row: AuditRow,
  by: { approvers: Approvers; fits(statement: Statement): boolean },
): string | undefined {
  const signed = statementIn(row.facts);
  if (signed === undefined) return 'is not signed';
  const { statement, signature, publicKey } = signed;
  if (!by.fits(statement)) return 'was signed for something else';
  const said = { person: statement.approver, text: signedText('statement', statement), signature, publicKey };
  return faultOf(said, { approvers: by.approvers, at: row.at });
}
