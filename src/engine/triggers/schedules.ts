import { VigieError } from '../../core/errors.ts';
import { nextMoments } from '../../core/schedule-times.ts';
import { dueTick } from './due-tick.ts';
import type { Enabled, EnabledPlaybook } from './enabled.ts';
import { startByTrigger, type Triggered, type TriggerParts } from './start-by-trigger.ts';

// A moment is dealt with once: the start is an occasion of its own, which the journal knows whoever tells of it, and only
// then the moment is ticked. A worker that dies between the two leaves a moment that is told again, and starts nothing.

/** What became of a moment of a schedule; told by one worker of all. */
export interface TickedSchedule {
  playbook: string;
  environment: string;
  /** ISO 8601. */
  moment: string;
  /** Moments before it for which nothing was started. */
  missed: number;
  /** `late`: it was past when a worker came, and started nothing. */
  came: Triggered | { is: 'late' };
}

/** One schedule in one environment. */
interface Schedule {
  enabled: EnabledPlaybook;
  environment: string;
  on: NonNullable<EnabledPlaybook['playbook']['on']['schedule']>;
}

/** Starts what has come round. One that cannot be dealt with now is handed to `failed`, and looked at again the next time. */
export async function startDue(
  parts: TriggerParts,
  {
    playbooks,
    ticked,
    failed,
  }: {
    playbooks: readonly EnabledPlaybook[];
    ticked: (what: TickedSchedule) => void;
    failed: (schedule: string, error: unknown) => void;
  },
): Promise<void> {
  for (const schedule of schedulesOf(playbooks)) {
    const name = nameOf(schedule);
    try {
      const came = await dealWith(parts, schedule);
      if (came !== undefined) ticked(came);
    } catch (error) {
      if (!(error instanceof VigieError)) throw error;
      failed(name, error);
    }
  }
}

/** How many schedules there are, and when the first of them comes round. */
export function nextTick(
  playbooks: readonly EnabledPlaybook[],
  now: Date,
): { count: number; next: Date | undefined } {
  const schedules = schedulesOf(playbooks);
  const next = schedules
    .flatMap(({ on: { cron, timezone } }) => nextMoments({ cron, timeZone: timezone }, { now, count: 1 }))
    .toSorted((a, b) => a.getTime() - b.getTime());
  return { count: schedules.length, next: next[0] };
}

/** Every schedule in every environment that it is enabled for. */
export function schedulesOf(playbooks: readonly EnabledPlaybook[]): Schedule[] {
  return playbooks.flatMap(enabled => {
    const { schedule: on } = enabled.playbook.on;
    return on === undefined ? [] : enabled.environments.map(environment => ({ enabled, environment, on }));
  });
}

/** Its name in the journal. One that comes round at other times is another: what it would have started before it was written is none of its. */
export function nameOf({ enabled, environment, on: { cron, timezone } }: Schedule): string {
  return `${enabled.playbook.metadata.name}/${environment} ${cron} ${timezone}`;
}

/**
 * Writes down which schedules are in vigie.yaml no more: a pause that somebody wanted is not made up for when they are back.
 * One whose playbook is broken stays: its moments are missed. Gives those to be asked of the next time.
 */
export async function leaveOut(
  { journal }: Pick<TriggerParts, 'journal'>,
  { before, now }: { before: readonly EnabledPlaybook[]; now: Enabled },
): Promise<EnabledPlaybook[]> {
  const kept = new Set(schedulesOf(now.playbooks).map(nameOf));
  const broken = new Set(now.broken.map(({ name }) => name));
  const waiting = before.filter(({ playbook }) => broken.has(playbook.metadata.name));
  for (const schedule of schedulesOf(before)) {
    const name = nameOf(schedule);
    if (kept.has(name) || waiting.includes(schedule.enabled)) continue;
    await journal.tick({ schedule: leftName(name), at: journal.now() });
  }
  return [...now.playbooks, ...waiting];
}

/** Under which name the journal knows when a schedule was left out. */
function leftName(name: string): string {
  return `left ${name}`;
}

async function dealWith(parts: TriggerParts, schedule: Schedule): Promise<TickedSchedule | undefined> {
  const { journal } = parts;
  const name = nameOf(schedule);
  const now = journal.now();
  const last = await journal.lastTick(name, now);
  const left = await journal.lastTick(leftName(name), now);
  if (last === undefined || (left !== undefined && left >= last)) {
    // It stands from now on, or again: nothing is started for what came before.
    await journal.tick({ schedule: name, at: now });
    return undefined;
  }
  const { enabled, environment, on } = schedule;
  const due = dueTick(on, { now, last });
  if (due === undefined) return undefined;
  const moment = new Date(due.at).toISOString();
  const { playbook, digest, source } = enabled;
  const came: TickedSchedule['came'] = due.starts
    ? await startByTrigger(parts, {
        playbook,
        digest,
        source,
        environment,
        inputs: on.inputs,
        trigger: {
          kind: 'schedule',
          name: playbook.metadata.name,
          id: `${name} ${moment}`,
          facts: { at: moment, missed: due.missed },
        },
      })
    : { is: 'late' };
  const first = await journal.tick({ schedule: name, at: due.at });
  // Of several workers that one tells who started it; where nothing was started, the one that ticked.
  if (came.is === 'exists' || (came.is !== 'started' && !first)) return undefined;
  return { playbook: playbook.metadata.name, environment, moment, missed: due.missed, came };
}
