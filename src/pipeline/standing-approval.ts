import { type Approval, deciderOf } from '../core/approval.ts';
import { isSameSchedule, type ScheduledTool } from '../core/backup-schedule.ts';
import type { Change } from '../core/change.ts';
import { isWithin, riskOfPlan } from '../core/decision.ts';
import { VigieError } from '../core/errors.ts';
import { isObject, type JsonObject } from '../core/json.ts';
import type { Plan } from '../core/plan.ts';
import { cleanLine } from '../core/text.ts';
import type { AuditRow } from '../store/audit-row.ts';
import { kindOf } from './changes/index.ts';
import { digestOf } from './plan.ts';
import { judged, previewOne } from './preview.ts';
import { refuseOtherCluster } from './refuse-other-cluster.ts';
import { checkStanding } from './standing-signature.ts';
import type { ChangingReach, Environment, Vigie } from './vigie.ts';

// A schedule is approved once, and its runs go under that approval while all that was approved is still so. Nothing in
// the store is believed for that: the plan is sealed, its digest is in what the person signed, and both are compared
// with what the schedule would do now. The audit says which schedule of a set is the newest, and what a person approved
// counts once: one that was set or removed since then makes it none, so an older one that was put back is none either,
// with a row of the audit of its own too.

/** An approval that a run goes under. */
export interface Standing {
  /** Of the schedule. */
  changeId: string;
  approval: Approval;
  /** For the row of the audit about the run. */
  facts: JsonObject;
}

/** What each tool of a schedule may plan. */
const plannedBy: Readonly<Record<ScheduledTool, Change['kind']>> = {
  backups_run: 'backup-run',
  backups_drill: 'backup-drill',
  backups_prune: 'backup-prune',
};

/** Where a schedule stands, and how it is looked at. */
interface Looked {
  /** Of its set. */
  schedule: string;
  environment: Environment;
  reach: ChangingReach;
  policyAccepted: boolean;
}

/** Whether a plan is covered by the approval of the schedule it goes under; `why` it is not is for a person. */
export async function standingApproval(
  vigie: Vigie,
  at: Looked & { plan: Plan },
): Promise<{ stands: Standing } | Fallen> {
  const found = await approvedSchedule(vigie, at);
  if ('why' in found) return found;
  const { approved, approval, place } = found;
  const beyond = whyBeyond(at.plan, { approved, place });
  if (beyond !== undefined) return { why: beyond };
  return {
    stands: {
      changeId: approved.id,
      approval,
      facts: {
        schedule: at.schedule,
        change: approved.id,
        approver: deciderOf(approval),
        digest: approved.digest,
      },
    },
  };
}

/** Why an approval does not stand. `unaccepted`: it does again once somebody has accepted vigie.yaml. */
interface Fallen {
  why: string;
  unaccepted?: true;
}

/** Why the runs of a schedule would be stopped for want of an approval; undefined: they would not. */
export async function whyNotStanding(
  vigie: Vigie,
  at: { schedule: string; environment: Environment; signal: AbortSignal },
): Promise<Fallen | undefined> {
  const [reach, { accepted }] = await Promise.all([at.environment.change(at.signal), vigie.policy()]);
  const found = await approvedSchedule(vigie, { ...at, reach, policyAccepted: accepted });
  return 'why' in found ? found : undefined;
}

interface Approved {
  approved: Plan;
  approval: Approval;
  /** Where the set leads now, which is where it led then. */
  place: Readonly<Record<string, string>>;
}

async function approvedSchedule(vigie: Vigie, at: Looked): Promise<Approved | Fallen> {
  try {
    return await lookAt(vigie, at);
  } catch (error) {
    // Whatever cannot be verified is no approval; a store that cannot be read or a cluster that is away says so itself.
    if (error instanceof VigieError && notCovered.has(error.code))
      return { why: error.message, ...(error.details['unaccepted'] === true ? { unaccepted: true } : {}) };
    throw error;
  }
}

const notCovered: ReadonlySet<string> = new Set([
  'BAD_SIGNATURE',
  'INVALID_CONFIG',
  'INVALID_INPUT',
  'NOT_AN_APPROVER',
  'NOT_FOUND',
  'UNKNOWN_CHANGE',
  'CONFLICT',
  'WRONG_CLUSTER',
]);

async function lookAt(vigie: Vigie, at: Looked): Promise<Approved | { why: string }> {
  const { schedule: name, environment, reach, policyAccepted } = at;
  const store = await vigie.store();
  const schedules = store.schedulesOf(environment.view.name);
  const record = await schedules.get(name);
  if (record === undefined) return { why: `no schedule of ${name} stands` };
  const approved = await schedules.plan(name);
  const [scheduled] = approved.changes;
  if (
    scheduled?.kind !== 'backup-schedule' ||
    scheduled.schedule === undefined ||
    !isSameSchedule(scheduled.schedule, record.schedule)
  )
    return { why: `the schedule of ${name} shows another line than was approved` };
  const newest = await schedules.newestRow(name);
  if (newest?.event !== 'schedule_set' || newest.changeId !== approved.id)
    return { why: `the audit knows another schedule of ${name}, or none, as the newest` };
  const approval = await store.changes.approvalOf(approved.id);
  if (approval === undefined) return { why: `nobody approved the schedule of ${name}` };
  refuseElsewhere(approved, { environment, found: await reach.identity() });
  const [fresh] = await previewsOf(approved, reach);
  if (fresh === undefined) return { why: `the schedule of ${name} plans nothing` };
  const digest = digestOf({
    environment: approved.environment,
    cluster: approved.cluster,
    actor: approved.actor,
    previews: [fresh],
    keys: await vigie.keys(),
    volatile: approved.previews.map(({ volatile }) => volatile),
  });
  if (digest !== approved.digest)
    return {
      why: `${name} is no longer as it was when its schedule was approved${changedText(approved, fresh)}`,
    };
  // Judged anew: the digest does not hold a risk, so one that is only recorded could be any.
  const judgedNow = {
    ...approved,
    previews: [fresh],
    risk: riskOfPlan([fresh], environment.rules.maxTargets),
  };
  // Last, so that nothing else is asked between the signature and the record of the run.
  await checkStanding(vigie, {
    what: `schedule ${approved.id}`,
    approval,
    approved: judgedNow,
    environment,
    policyAccepted,
    row: () => onlyApproval(vigie, { schedule: name, approved }),
  });
  return { approved: judgedNow, approval, place: fresh.place ?? {} };
}

/**
 * Its row of the audit. It was approved once and set once, with nothing about its set in between nor since: whoever may
 * append to the audit could else set again what was taken back, and break no link of it. @throws VigieError BAD_SIGNATURE
 */
async function onlyApproval(
  vigie: Vigie,
  { schedule, approved }: { schedule: string; approved: Plan },
): Promise<AuditRow> {
  const store = await vigie.store();
  const [row, ...others] = await store.audit.list({
    changeId: approved.id,
    events: ['approved'],
    limit: 2,
  });
  if (row === undefined) throw unknownToAudit(approved);
  const since = await store.schedulesOf(approved.environment).rowsAfter(schedule, row.sequence);
  if (others.length === 0 && since?.length === 1) return row;
  throw new VigieError(
    'BAD_SIGNATURE',
    `By the audit the approval of schedule ${approved.id} was used before, or its set got another schedule since.`,
  );
}

function unknownToAudit({ id }: Plan): VigieError {
  return new VigieError('BAD_SIGNATURE', `The audit does not know that schedule ${id} was approved.`);
}

/** Without a cluster the identity is a hash over all that is configured; what this schedule leads to is in its digest. */
function refuseElsewhere(approved: Plan, here: { environment: Environment; found: Plan['cluster'] }): void {
  const { environment, found } = here;
  if (environment.view.kind === 'none' && approved.cluster.uid.startsWith('none-')) return;
  refuseOtherCluster(approved.cluster, { environment: environment.view.name, found });
}

/** What the schedule would be if it were made now, over what stood then. */
async function previewsOf(approved: Plan, reach: ChangingReach) {
  const previews = [];
  for (const [index, change] of approved.changes.entries()) {
    const shown = approved.previews[index];
    if (shown === undefined || change.kind !== 'backup-schedule') return [];
    const {
      before: _,
      uid: _uid,
      ...now
    } = await previewOne({ ...change, expects: approved.id }, { reach, changes: [] });
    previews.push(
      judged({
        ...now,
        change,
        operation: shown.operation,
        ...(shown.before === undefined ? {} : { before: shown.before }),
        ...(shown.uid === undefined ? {} : { uid: shown.uid }),
      }),
    );
  }
  return previews.length === 1 ? previews : [];
}

/** Of what is no longer as it was, told: enough to know the line of vigie.yaml. */
const changesTold = 3;
const valueChars = 120;

/** `: each.prune: last 3 → last 2`; empty where nothing of what is shown differs. */
function changedText(approved: Plan, fresh: Plan['previews'][number]): string {
  const [before] = approved.previews;
  const were = new Map(valuesIn({ ...before?.after, ...before?.place }));
  const are = new Map(valuesIn({ ...fresh.after, ...fresh.place }));
  const names = [...new Set([...were.keys(), ...are.keys()])].filter(
    name => were.get(name) !== are.get(name),
  );
  const told = names
    .slice(0, changesTold)
    .map(name => `${name}: ${were.get(name) ?? '(none)'} → ${are.get(name) ?? '(none)'}`);
  return told.length === 0 ? '' : `: ${told.join('; ')}`;
}

function valuesIn(shown: JsonObject): [string, string][] {
  return Object.entries(shown).flatMap(([name, value]): [string, string][] => {
    if (name === 'next' || value === undefined) return [];
    if (isObject(value)) return valuesIn(value).map(([inner, text]) => [`${name}.${inner}`, text]);
    return [[name, cleanLine(typeof value === 'string' ? value : JSON.stringify(value), valueChars)]];
  });
}

/** What of a plan the schedule does not cover; undefined: nothing. */
function whyBeyond(
  plan: Plan,
  { approved, place }: { approved: Plan; place: Readonly<Record<string, string>> },
): string | undefined {
  const [scheduled] = approved.changes;
  if (scheduled?.kind !== 'backup-schedule' || scheduled.schedule === undefined)
    return 'what was approved is no schedule';
  const deeds = scheduled.schedule.does.map(deed => deed.replace(/\/.*/, ''));
  const tool = Object.entries(plannedBy).find(([each]) => each === plan.tool);
  if (tool === undefined || !deeds.includes(tool[0].slice('backups_'.length)))
    return `the schedule does ${deeds.join(', ')}, and not ${plan.tool}`;
  for (const preview of plan.previews) {
    const { change } = preview;
    if (change.kind !== tool[1] || change.target.name !== scheduled.target.name)
      return `${kindOf(change).name} of ${change.target.name} is none of what was approved`;
    if (change.kind === 'backup-prune' && change.because !== 'retention')
      return 'only the retention may prune under a schedule';
    if (change.kind === 'backup-drill' && change.accepts !== undefined)
      return 'a copy that no key of ours signed is drilled by a person alone';
    const elsewhere = Object.entries(preview.place ?? {}).find(([what, where]) => place[what] !== where);
    if (elsewhere !== undefined) return `${elsewhere[0]} leads elsewhere than when the schedule was approved`;
  }
  if (!isWithin(plan.risk.level, approved.risk.level))
    return `it is of ${plan.risk.level} risk, and a schedule of ${approved.risk.level} risk was approved: ${plan.risk.reasons.join('; ')}`;
  return undefined;
}
