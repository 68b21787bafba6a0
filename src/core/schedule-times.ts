import { Cron } from 'croner';

/** When something comes round. */
export interface Rhythm {
  /** Five fields: minute, hour, day of the month, month, day of the week. */
  cron: string;
  /** IANA. Its rules say what becomes of a time that a change of clocks leaves out or brings twice. */
  timeZone: string;
}

const cronChars = 100;

/** What is wrong with it; undefined: nothing. */
export function faultOfRhythm({ cron, timeZone }: Rhythm): string | undefined {
  if (!isTimeZone(timeZone)) return `${timeZone.slice(0, cronChars)} is no time zone like Europe/Paris`;
  if (cron.length > cronChars || cron.trim().split(/\s+/).length !== 5)
    return 'a cron line has five fields, like 0 3 * * *';
  try {
    return read({ cron, timeZone }).nextRun() === null ? 'that time never comes' : undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^CronPattern: /, '').replace(/\.$/, '') : '';
    return `${cron.slice(0, cronChars)} names no time (${why}); one does like 0 3 * * *`;
  }
}

/** Which of the two is wrong: whoever is asked for one looks there. */
export function faultyField({ timeZone }: Rhythm): 'cron' | 'timeZone' {
  return isTimeZone(timeZone) ? 'cron' : 'timeZone';
}

/** The newest moment at or before `now` that it names; undefined: it never came. */
export function lastMoment(rhythm: Rhythm, now: Date): Date | undefined {
  // What a line names are whole minutes; the moment itself counts.
  const behind = new Date(Math.floor(now.getTime() / 1_000) * 1_000 + 1_000);
  return read(rhythm).previousRuns(1, behind)[0];
}

/** The next moments after `now`, the first ones first. */
export function nextMoments(rhythm: Rhythm, { now, count }: { now: Date; count: number }): Date[] {
  return read(rhythm).nextRuns(count, now);
}

/** Of zones with names alone: an offset knows no change of clocks. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function read({ cron, timeZone }: Rhythm): Cron {
  return new Cron(cron, { timezone: timeZone, paused: true, mode: '5-part' });
}
