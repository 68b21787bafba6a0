import type { Actor } from '../core/actor.ts';
import { drillEvery, type ScheduledTool } from '../core/backup-schedule.ts';
import { dueMoment } from '../core/due-moment.ts';
import { VigieError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import { limits } from '../core/limits.ts';
import type { CallResult, CallStatus } from '../core/result.ts';
import { cleanLine } from '../core/text.ts';
import type { Moment, MomentState, ScheduleRecord } from '../store/schedule-reader.ts';
import { environmentOf } from './look-up.ts';
import { ownName } from './owner.ts';
import { runTool } from './run-tool.ts';
import type { Environment, Vigie } from './vigie.ts';

// What is due is begun by a row of the store before anything is done for it, and then asked for at the first line of the
// one path, as a call that may only go under the schedule's approval.

/** Past it a tick begins nothing more; what is due then waits for the next. A backup has its own time. */
const wholeMs = 6 * 3_600_000;
/** Of what one thing said, kept with its moment. */
const saidChars = 400;

/** One thing that came round, in the words of its answer. */
export interface Ticked {
  environment: string;
  set: string;
  /** ISO 8601. */
  moment: string;
  did: { tool: ScheduledTool; status: CallStatus; text: string }[];
}

/** What a tick found. */
export interface TickReport {
  ticked: Ticked[];
  /** With `dryRun`: what would be done. */
  due: { environment: string; set: string; moment: string; tools: ScheduledTool[] }[];
  /** Schedules that could not be gone through, and why; the others were. */
  failed: { environment: string; set: string; why: string }[];
  /** Moments of ticks whose process ended before they did, or that lost their turn: they are told, and never repeated. */
  broken: { environment: string; set: string; moment: string }[];
  /** Environments that another tick goes through just now. */
  busy: string[];
  /** Due and left for the next tick: the time of this one was over, or it was stopped. */
  left: number;
}

/** Begins what is due, one after another. @throws VigieError UNKNOWN_ENVIRONMENT, STORE, READ_ONLY */
export async function tick(
  given: Vigie,
  asked: {
    environment?: string;
    dryRun: boolean;
    signal: AbortSignal;
    progress?(message: string): void;
  },
): Promise<TickReport> {
  const vigie = await given.inForce('change');
  if (vigie.readOnly)
    throw new VigieError('READ_ONLY', 'A tick begins changes, and this Vigie runs read-only.');
  const environments =
    asked.environment === undefined
      ? vigie.environments
      : [environmentOf(vigie, { environment: asked.environment })];
  const report: TickReport = { ticked: [], due: [], failed: [], broken: [], busy: [], left: 0 };
  const untilMs = vigie.now().getTime() + wholeMs;
  for (const environment of environments) {
    const { name } = environment.view;
    const store = await vigie.store();
    const { moments } = store;
    const standing = await store.schedulesOf(name).list();
    if (standing.length === 0) continue;
    if (asked.dryRun) {
      for (const record of standing)
        await goThrough(report, { environment, record }, async () => {
          const due = await dueOf(vigie, { environment, record });
          if (due !== undefined) report.due.push({ environment: name, set: record.name, ...due });
        });
      continue;
    }
    // A daemon may be asked twice at once.
    const owner = `${ownName}:${newId()}`;
    const turn = { environment: name, owner, leaseMs: limits.leaseMs };
    const taken = await moments.takeTurn(turn);
    if (taken === undefined) {
      report.busy.push(name);
      continue;
    }
    report.broken.push(...taken.broken.map(({ name: set, moment }) => ({ environment: name, set, moment })));
    const renewing = setInterval(() => {
      // One that fails is no news: whoever has the turn by then is told of a moment that is begun.
      moments.renewTurn(turn).catch(() => undefined);
    }, limits.leaseMs / 3);
    renewing.unref();
    try {
      for (const record of standing)
        await goThrough(report, { environment, record }, async () => {
          const due = await dueOf(vigie, { environment, record });
          if (due === undefined) return;
          if (asked.signal.aborted || vigie.now().getTime() > untilMs) {
            report.left += 1;
            return;
          }
          const ticked = await begin(vigie, { ...asked, environment, record, due, owner });
          if (ticked === undefined) return;
          const { lost, ...told } = ticked;
          report.ticked.push(told);
          if (lost) report.broken.push({ environment: name, set: record.name, moment: due.moment });
        });
    } finally {
      clearInterval(renewing);
      await moments.endTurn(turn);
    }
  }
  return report;
}

/** One that cannot be gone through is told of, and keeps nobody from the others. */
async function goThrough(
  report: TickReport,
  { environment, record }: { environment: Environment; record: ScheduleRecord },
  task: () => Promise<void>,
): Promise<void> {
  try {
    await task();
  } catch (error) {
    const why = cleanLine(error instanceof Error ? error.message : String(error), saidChars);
    report.failed.push({ environment: environment.view.name, set: record.name, why });
  }
}

/** A moment that has come, and what is done for it. */
interface Due {
  moment: string;
  tools: ScheduledTool[];
}

async function dueOf(
  vigie: Vigie,
  { environment, record }: { environment: Environment; record: ScheduleRecord },
): Promise<Due | undefined> {
  if (record.fault !== undefined)
    throw new VigieError('STORE', `The schedule of ${record.name} names no time: ${record.fault}.`);
  const { moments } = await vigie.store();
  const begun = await moments.list({ environment: environment.view.name, name: record.name });
  const moment = dueMoment(record.schedule, {
    now: vigie.now(),
    since: new Date(record.since),
    begun: begun.map(each => new Date(each.moment)),
  });
  return moment === undefined ? undefined : { moment: moment.toISOString(), tools: toolsOf(record, begun) };
}

/** A run, what proves it, and only then what lets older copies go. */
function toolsOf({ schedule }: ScheduleRecord, begun: readonly Moment[]): ScheduledTool[] {
  const every = drillEvery(schedule);
  const sinceDrill = begun.findIndex(({ drilled }) => drilled);
  const runs = (sinceDrill === -1 ? begun.length : sinceDrill) + 1;
  return [
    'backups_run',
    ...(every !== undefined && runs >= every ? (['backups_drill'] as const) : []),
    ...(schedule.does.includes('prune') ? (['backups_prune'] as const) : []),
  ];
}

/** Undefined: another process began that moment. `lost`: the turn was taken, and what was left of it was not done. */
async function begin(
  vigie: Vigie,
  at: {
    environment: Environment;
    record: ScheduleRecord;
    due: Due;
    owner: string;
    signal: AbortSignal;
    progress?(message: string): void;
  },
): Promise<(Ticked & { lost: boolean }) | undefined> {
  const { environment, record, due } = at;
  const { moments, changes } = await vigie.store();
  const of = { environment: environment.view.name, name: record.name };
  const { moment, tools } = due;
  const begun = { moment, changeId: record.changeId, owner: at.owner };
  // Asked first: a moment that was begun never is again.
  const { actor: asker } = await changes.get(record.changeId);
  if (!(await moments.begin(of, begun))) return undefined;
  const actor: Actor = {
    kind: 'trigger',
    name: `schedule/${record.name}`,
    via: 'tick',
    onBehalfOf: asker.onBehalfOf,
  };
  const did: Ticked['did'] = [];
  let lost = false;
  for (const tool of tools) {
    lost = !(await moments.goesOn(of, begun));
    if (lost) break;
    const result = await runTool(vigie, {
      tool,
      input: { set: record.name, environment: of.environment },
      actor,
      schedule: record.name,
      signal: at.signal,
      budgetBytes: limits.answerBytes,
      progress: message => at.progress?.(`${record.name}: ${message}`),
    });
    did.push({ tool, status: result.status, text: result.text });
    // A copy that failed proves nothing, and lets none go.
    if (result.status !== 'done' && result.status !== 'nothing_to_do') break;
  }
  await moments.end(of, {
    moment,
    state: stateOf(did),
    drilled: did.some(({ tool, status }) => tool === 'backups_drill' && gone.has(status)),
    said: did.map(({ tool, status, text }) =>
      cleanLine(`${tool} ${status}: ${text.split('\n')[0] ?? ''}`, saidChars),
    ),
  });
  return { environment: of.environment, set: record.name, moment, did, lost };
}

/** A drill that policy or the approval stopped has its turn at the next run. */
const gone: ReadonlySet<CallStatus> = new Set(['done', 'failed', 'unverified']);

function stateOf(did: readonly Pick<CallResult, 'status'>[]): Exclude<MomentState, 'running'> {
  const { status } = did.at(-1) ?? { status: 'failed' };
  if (status === 'done' || status === 'nothing_to_do') return 'done';
  return status === 'failed' || status === 'unverified' ? 'failed' : 'stopped';
}
