import {
  drillEvery,
  isSameSchedule,
  readDeeds,
  type Schedule,
  scheduleText,
} from '../../core/backup-schedule.ts';
import { type BackupSet, describeRunPlace, type Retention } from '../../core/backup-set.ts';
import type { BackupSchedule } from '../../core/change.ts';
import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject, textIn, textsIn } from '../../core/json.ts';
import { lengthText } from '../../core/length-text.ts';
import type { RiskLevel } from '../../core/preview.ts';
import { faultOfRhythm, nextMoments } from '../../core/schedule-times.ts';
import type { ScheduleRecord } from '../../store/schedule-reader.ts';
import type { ChangingReach } from '../vigie.ts';
import { backupSetOf, engineOf } from './backup-set-of.ts';
import type { Applied, ChangeKind, Looking, Prospect } from './kind.ts';

/** Of the next moments, shown: enough to see a wrong field or zone. */
const shownMoments = 5;

/**
 * When a set is backed up by itself, and what else is done then. Whoever approves it approves every run of it, of this
 * very set with these programs and destinations, until it is changed; so an answer that nobody signed is none.
 */
export const backupSchedule: ChangeKind<BackupSchedule> = {
  name: 'backup-schedule',
  idempotent: true,
  deed: 'schedule',
  checkedBy: 'by Vigie, against vigie.yaml',

  asks: ({ schedule }) =>
    schedule === undefined
      ? 'a person approved that the set is backed up by itself, so a person approves that it is not'
      : 'its runs go by themselves from then on, so a person approves it',

  riskOf: ({ schedule, target }) => {
    if (schedule === undefined)
      return { level: 'medium', reasons: [`${target.name} is no longer backed up by itself`] };
    return { level: levelOf(schedule), reasons: reasonsOf(schedule) };
  },

  async preview(change, reach): Promise<Prospect> {
    const { target, schedule, expects } = change;
    const schedules = await reach.systems.schedulesWriter();
    const standing = await schedules.get(target.name);
    if (expects !== undefined && (standing?.changeId ?? '') !== expects)
      throw new VigieError('CONFLICT', `The schedule of ${target.name} was changed since; that stays.`, {
        hint: 'See what stands: vigie backups list',
      });
    const before = standing === undefined ? undefined : await boundBy(standing, reach);
    const common = {
      change,
      target,
      ...(standing === undefined ? {} : { uid: standing.changeId }),
      ...(before === undefined ? {} : { before }),
      alongside: [],
      undo: { possible: true } as const,
      serverChecked: true as const,
    };
    if (schedule === undefined)
      return {
        ...common,
        operation: standing === undefined ? 'none' : 'delete',
        volatile: [],
        warnings: [`${target.name} is then backed up only when somebody asks for it`],
      };
    const fault = faultOfRhythm(schedule);
    if (fault !== undefined)
      throw new VigieError('INVALID_INPUT', `The schedule of ${target.name} cannot be: ${fault}.`);
    const set = backupSetOf(target, await reach.backups());
    return {
      ...common,
      operation: standing === undefined ? 'create' : 'update',
      after: { ...boundOf(set, schedule), next: nextTexts(schedule, new Date()) },
      // As of now; what is approved is the line.
      volatile: ['/next'],
      warnings: warningsOf(set, { schedule, standing }),
    };
  },

  async apply(change, reach, writing): Promise<Applied> {
    const { target, schedule } = change;
    const { record, preview } = writing;
    if (record === undefined) throw new Error('a schedule stands on the approval of its plan');
    const schedules = await reach.systems.schedulesWriter();
    const { plan } = record;
    const { name } = target;
    await writing.beforeWrite();
    const facts = await record.auditFacts();
    if (schedule === undefined) await schedules.remove(name, { plan, follows: preview.uid, facts });
    else await schedules.set(name, { schedule, plan, follows: preview.uid, facts });
    return schedule === undefined ? {} : { uid: plan.id };
  },

  async find(change, looking) {
    const standing = await standingOf(change, looking);
    return standing === undefined ? undefined : { uid: standing.changeId, resourceVersion: standing.since };
  },

  async observe(change, looking) {
    const standing = await standingOf(change, looking);
    if (standing === undefined || change.schedule === undefined)
      return standing === undefined && change.schedule === undefined;
    return isSameSchedule(standing.schedule, change.schedule);
  },

  async verify(change, looking) {
    const { schedule, target } = change;
    const standing = await standingOf(change, looking);
    if (schedule === undefined)
      return standing === undefined
        ? { state: 'verified', evidence: [`No schedule of ${target.name} stands.`] }
        : { state: 'failed', evidence: [`A schedule of ${target.name} still stands.`] };
    if (standing === undefined || !isSameSchedule(standing.schedule, schedule))
      return { state: 'failed', evidence: [`This schedule of ${target.name} does not stand.`] };
    const [next] = nextTexts(schedule, new Date());
    const ticked = await (await looking.systems.schedules()).lastTick();
    return {
      state: 'verified',
      evidence: [
        `The schedule of ${target.name} stands: ${scheduleText(schedule)}; next ${next ?? 'never'}.`,
        ...(ticked === undefined
          ? ['Nobody has called `vigie backups tick` here yet; vigie doctor has the line for cron.']
          : []),
      ],
    };
  },

  invert: ({ target }, preview, applied) => {
    const schedule = scheduleIn(preview.before?.['schedule']);
    return [
      {
        kind: 'backup-schedule',
        target,
        ...(schedule === undefined ? {} : { schedule }),
        ...(preview.operation === 'delete' ? { expects: '' } : {}),
        ...(applied?.uid === undefined ? {} : { expects: applied.uid }),
      },
    ];
  },
};

/** The line and all that it does, as an approval holds it: what is not in here, or in the plan's places, may change. */
function boundOf(set: BackupSet, schedule: Schedule): JsonObject {
  const engine = engineOf(set);
  const { cron, timeZone, does } = schedule;
  const every = drillEvery(schedule);
  const prunes = does.includes('prune');
  return {
    schedule: { cron, timeZone, does: [...does] },
    each: {
      run: `${engine.name} on ${describeRunPlace(set.run)} to ${set.to.join(', ')}, at most ${lengthText(set.timeoutSeconds)}`,
      ...(every === undefined
        ? {}
        : {
            drill: `${every === 1 ? 'each run' : `each ${every} runs`}, the newest copy, on ${describeRunPlace(set.run)}`,
          }),
      ...(prunes ? { prune: `copies that the retention does not keep: ${keptText(set.retention)}` } : {}),
    },
    programs: [
      ...new Set([...engine.programs.dump, ...(every === undefined ? [] : engine.programs.restore)]),
    ],
    missed: 'once after a gap, however many were missed',
  };
}

/** What the one that stands holds; undefined: its plan has nothing to show. @throws VigieError STORE */
async function boundBy(standing: ScheduleRecord, reach: ChangingReach): Promise<JsonObject | undefined> {
  const schedules = await reach.systems.schedulesWriter();
  const plan = await schedules.plan(standing.name);
  const after = plan.previews[0]?.after;
  if (after === undefined) return undefined;
  const { next: _, ...bound } = after;
  return bound;
}

function keptText(retention: Retention | undefined): string {
  if (retention === undefined) return 'everything';
  const { withinSeconds, ...counts } = retention;
  const rules = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  return [...rules, ...(withinSeconds === undefined ? [] : [`within ${lengthText(withinSeconds)}`])].join(
    ', ',
  );
}

function warningsOf(
  set: BackupSet,
  at: { schedule: Schedule; standing: ScheduleRecord | undefined },
): string[] {
  const { schedule, standing } = at;
  return [
    'Approving this approves every run of it until the schedule, the set or a destination of it changes',
    ...(standing !== undefined && isSameSchedule(standing.schedule, schedule)
      ? ['This line stands already: approving it renews its approval, for the set as it is now']
      : []),
    ...(schedule.does.includes('prune') && set.retention === undefined
      ? [`${set.name} has no retention, so nothing is ever pruned`]
      : []),
    ...(set.schedule !== undefined && !isSameSchedule(set.schedule, schedule)
      ? [`vigie.yaml wishes ${scheduleText(set.schedule)}`]
      : []),
  ];
}

function levelOf({ does }: Schedule): RiskLevel {
  if (does.includes('prune')) return 'high';
  return does.some(deed => deed.startsWith('drill')) ? 'medium' : 'low';
}

function reasonsOf({ does }: Schedule): string[] {
  return does.map(deed => {
    if (deed === 'run') return 'adds copies by itself';
    return deed === 'prune'
      ? 'deletes copies for good by itself'
      : 'restores copies into a scratch place by itself';
  });
}

/** Of each moment: on the wall clock there, and in UTC. */
function nextTexts(schedule: Schedule, now: Date): string[] {
  const wall = new Intl.DateTimeFormat('sv-SE', {
    timeZone: schedule.timeZone,
    dateStyle: 'short',
    timeStyle: 'short',
  });
  return nextMoments(schedule, { now, count: shownMoments }).map(
    moment => `${wall.format(moment)} ${schedule.timeZone} (${moment.toISOString().slice(0, 16)}Z)`,
  );
}

function scheduleIn(value: unknown): Schedule | undefined {
  if (!isObject(value)) return undefined;
  const does = readDeeds(textsIn(value['does']));
  return does === undefined
    ? undefined
    : { cron: textIn(value['cron']), timeZone: textIn(value['timeZone']), does };
}

async function standingOf(
  { target }: BackupSchedule,
  { systems }: Pick<Looking, 'systems'>,
): Promise<ScheduleRecord | undefined> {
  const schedules = await (await systems.schedules()).list();
  return schedules.find(({ name }) => name === target.name);
}
