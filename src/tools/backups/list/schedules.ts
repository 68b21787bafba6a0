import { type ScheduleState, scheduleState } from '../../../backups/schedule-state.ts';
import type { BackupSet } from '../../../core/backup-set.ts';
import { VigieError } from '../../../core/errors.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { Moment } from '../../../store/schedule-reader.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';

/** What comes round by itself for the sets that are listed. */
export interface ListedSchedules {
  /** Of a set, by its name. */
  of(name: string): ScheduleState;
  /** False: the table needs no columns for it. */
  some: boolean;
  /** One of them was missed, or what it began last did not end well. */
  bad: boolean;
  /** What a person should know of them. */
  notes: string[];
}

/** Reads what stands; a store that cannot be read hides no copy. */
export async function readSchedules(
  sets: readonly BackupSet[],
  { systems, now, environment }: Pick<ToolContext, 'systems' | 'now' | 'environment'>,
): Promise<ListedSchedules> {
  try {
    const schedules = await systems.schedules();
    const standing = await schedules.list();
    const states = new Map(
      sets.map(set => [
        set.name,
        scheduleState(set, { standing: standing.find(({ name }) => name === set.name), now }),
      ]),
    );
    const lastTick = await schedules.lastTick();
    const known = (await systems.backups()).sets;
    const orphans = standing.filter(({ name }) => !known.has(name));
    return {
      of: name => states.get(name) ?? {},
      some: [...states.values()].some(({ line }) => line !== undefined),
      bad: [...states.values()].some(isBad),
      notes: [
        ...[...states].flatMap(([name, state]) =>
          notesOf(name, { state, environment: environment.name, lastTick }),
        ),
        ...orphans.map(
          ({ name }) =>
            `A schedule of ${name} stands, and vigie.yaml has no such set. Next: vigie backups schedule ${name} --remove -e ${environment.name}`,
        ),
      ],
    };
  } catch (error) {
    if (!(error instanceof VigieError) || error.code !== 'STORE') throw error;
    return { of: () => ({}), some: false, bad: false, notes: [`Schedules were not read: ${error.message}`] };
  }
}

function isBad({ missed, fault, last }: ScheduleState): boolean {
  return missed !== undefined || fault !== undefined || endedBadly(last);
}

function endedBadly(last: Moment | undefined): last is Moment {
  return last !== undefined && last.state !== 'done' && last.state !== 'running';
}

function notesOf(
  name: string,
  at: { state: ScheduleState; environment: string; lastTick: string | undefined },
): string[] {
  const { wishes, line, fault, missed, last, clock } = at.state;
  const { environment, lastTick } = at;
  return [
    ...(fault === undefined
      ? []
      : [
          `${name}: nothing is begun by its schedule: ${fault}. Next: vigie backups schedule ${name} -e ${environment}`,
        ]),
    ...(wishes === undefined
      ? []
      : [
          `${name}: vigie.yaml wishes ${wishes}; ${line === undefined ? 'no schedule is approved' : `approved is ${line}`}. Next: vigie backups schedule ${name} -e ${environment}`,
        ]),
    ...(missed === undefined
      ? []
      : [
          `${name}: due since ${missed.toISOString()}, and nothing was begun; ${lastTick === undefined ? 'no tick was ever seen' : `the last tick was at ${lastTick}`}. Next: vigie doctor -e ${environment}`,
        ]),
    ...(clock === undefined ? [] : [`${name}: ${clock.left}. Next: vigie doctor -e ${environment}`]),
    ...(endedBadly(last)
      ? [
          `${name}: what its schedule began for ${last.moment} ${outcomeOf(last)}. Next: vigie doctor -e ${environment}`,
        ]
      : []),
  ];
}

function outcomeOf({ state, said }: Moment): string {
  // As a tick keeps it: the tool and its status, before the answer, which begins with the status again.
  const why = (said.at(-1) ?? '').replace(/^\w+ (\w+): \1: /, '').replace(/\.$/, '');
  if (state === 'broken off') return 'broke off: its process ended before it did';
  return `${state === 'stopped' ? 'was stopped' : 'FAILED'}${why === '' ? '' : `: ${why}`}`;
}

export const scheduleColumns = ['next', 'last'];

export function scheduleCells({ next, last }: ScheduleState): (string | undefined)[] {
  return [
    shortTime(next),
    last === undefined ? undefined : `${shortTime(new Date(last.moment))} ${last.state}`,
  ];
}

export function scheduleFacts({ line, next, last, missed, wishes }: ScheduleState): JsonObject {
  return {
    ...(line === undefined ? {} : { schedule: line }),
    ...(next === undefined ? {} : { nextRun: next.toISOString() }),
    ...(last === undefined ? {} : { lastRun: { moment: last.moment, state: last.state } }),
    ...(missed === undefined ? {} : { missed: missed.toISOString() }),
    ...(wishes === undefined ? {} : { wishes }),
  };
}

/** `2026-01-02T03:00Z` */
function shortTime(time: Date | undefined): string | undefined {
  return time === undefined ? undefined : `${time.toISOString().slice(0, 16)}Z`;
}
