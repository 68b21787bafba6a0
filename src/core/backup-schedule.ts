/** When a set is backed up by itself, and what else is done then. */
export interface Schedule {
  /** Five fields. */
  cron: string;
  /** IANA: `Europe/Paris`. */
  timeZone: string;
  /** In the order in which they are done; `run` is always the first. */
  does: readonly ScheduledDeed[];
}

/** `drill/7`: after each seventh run. */
export type ScheduledDeed = 'run' | 'drill' | `drill/${number}` | 'prune';

/** One thing that a schedule does, as its tool is named. */
export type ScheduledTool = 'backups_run' | 'backups_drill' | 'backups_prune';

/** How a deed is written. */
export const deedPattern = /^(?:run|prune|drill(?:\/(?:[2-9]|[1-9]\d{1,2}))?)$/;

/** Put in their order, `run` added; undefined where one is no deed, or a drill is named twice. */
export function readDeeds(words: readonly string[]): ScheduledDeed[] | undefined {
  const named = [...new Set(words)].filter(isDeed);
  const drills = named.filter(word => word.startsWith('drill'));
  if (!words.every(isDeed) || drills.length > 1) return undefined;
  return ['run', ...drills, ...(named.includes('prune') ? (['prune'] as const) : [])];
}

function isDeed(word: string): word is ScheduledDeed {
  return deedPattern.test(word);
}

/** After how many runs a drill follows; undefined: none does. */
export function drillEvery({ does }: Schedule): number | undefined {
  const drill = does.find(deed => deed.startsWith('drill'));
  if (drill === undefined) return undefined;
  return drill === 'drill' ? 1 : Number(drill.slice('drill/'.length));
}

/** `0 3 * * * Europe/Paris: run, prune` */
export function scheduleText({ cron, timeZone, does }: Schedule): string {
  return `${cron} ${timeZone}: ${does.join(', ')}`;
}

export function isSameSchedule(one: Schedule, other: Schedule): boolean {
  return scheduleText(one) === scheduleText(other);
}
