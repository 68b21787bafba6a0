import type { Denial, Freeze } from './policy.ts';

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const minutesOfWeek = 7 * 24 * 60;

/** Minutes since Sunday 00:00 of `Fri 17:00`; undefined when it is not written so. */
function minuteOfWeek(text: string): number | undefined {
  const parts = /^(Sun|Mon|Tue|Wed|Thu|Fri|Sat) ([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (parts === null) return undefined;
  const [, day = '', hour = '', minute = ''] = parts;
  return days.indexOf(day) * 24 * 60 + Number(hour) * 60 + Number(minute);
}

/** The first frozen time that the moment lies in; undefined when changes may be made. */
export function frozenAt(freezes: readonly Freeze[], moment: Date): Denial | undefined {
  const index = freezes.findIndex(freeze => isFrozen(freeze, moment));
  const freeze = freezes[index];
  if (freeze === undefined) return undefined;
  return {
    rule: `policy.freeze[${index}]`,
    why: `changes are frozen from ${freeze.from} to ${freeze.to} (${freeze.timeZone})`,
  };
}

/** Whether the moment lies in the weekly window, on the wall clock of the window's time zone; the end is outside. */
function isFrozen(freeze: Freeze, moment: Date): boolean {
  const from = minuteOfWeek(freeze.from);
  const to = minuteOfWeek(freeze.to);
  if (from === undefined || to === undefined) return false;
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: freeze.timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(moment);
  const part = (type: string) => parts.find(piece => piece.type === type)?.value ?? '';
  const now = days.indexOf(part('weekday')) * 24 * 60 + Number(part('hour')) * 60 + Number(part('minute'));
  const length = (to - from + minutesOfWeek) % minutesOfWeek;
  return (now - from + minutesOfWeek) % minutesOfWeek < length;
}
