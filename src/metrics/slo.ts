/** How many events a service had within a time, and how many were good; undefined where the query found nothing. */
export interface Events {
  good: number | undefined;
  total: number | undefined;
  /** True: the first half of the time has no data. */
  partly: boolean;
}

/**
 * How fast an error budget may be burnt before somebody is told, by the time over which that is measured: a budget of 30
 * days is 2 % gone after an hour at 14.4, 5 % after six hours at 6, 10 % after a day at 3 and after three days at 1. It is told
 * while the last twelfth of that time (`lately`) is as bad: what is over is no reason to wake anybody.
 */
export const burnWindows = [
  { window: '1h', seconds: 3600, lately: 300, most: 14.4, urgency: 'page' },
  { window: '6h', seconds: 6 * 3600, lately: 1800, most: 6, urgency: 'page' },
  { window: '24h', seconds: 86_400, lately: 7200, most: 3, urgency: 'ticket' },
  { window: '3d', seconds: 3 * 86_400, lately: 6 * 3600, most: 1, urgency: 'ticket' },
] as const;

/** Where these numbers are from. */
export const burnSource = 'Google, The Site Reliability Workbook, chapter 5 (Alerting on SLOs)';

/** One window of a verdict. `rate`: how many times as fast as would use the budget up just at its end. */
interface Burn {
  window: string;
  most: number;
  urgency: 'page' | 'ticket';
  rate: number | undefined;
  /** The same over the last twelfth of it; undefined where that has no data, or no traffic. */
  lately: number | undefined;
  /** Too fast over both; over the window alone where its last twelfth has no data. */
  over: boolean;
  /** Too fast over the window, and no longer over the last twelfth of it. */
  past: boolean;
  /** Its first half has no data: the rate is of what came since. */
  partly: boolean;
}

export interface SloVerdict {
  state: 'ok' | 'burning' | 'exhausted' | 'no traffic' | 'no data';
  /** Share of good events, of one; undefined where there was none to judge. */
  good: number | undefined;
  /** Share of the budget that is left, of one; below zero where more was used than there was. */
  left: number | undefined;
  /** The first half of its window has no data: both are of what came since. */
  partly: boolean;
  /** Of the windows that are no longer than its own. */
  burns: Burn[];
}

/** The burn windows of an objective: over more than its own window there is no budget to burn. */
export function burnWindowsWithin(windowSeconds: number): (typeof burnWindows)[number][] {
  return burnWindows.filter(({ seconds }) => seconds <= windowSeconds);
}

/** Judges an objective (percent) by the events of its own window (`all`) and of the burn windows, in their order. */
export function judgeSlo(
  objective: number,
  {
    all,
    windows,
  }: {
    all: Events;
    windows: readonly ((typeof burnWindows)[number] & { events: Events; late: Omit<Events, 'partly'> })[];
  },
): SloVerdict {
  const budget = 1 - objective / 100;
  const rateOf = (events: Omit<Events, 'partly'>) => {
    const errors = errorShare(events);
    return errors === undefined ? undefined : errors / budget;
  };
  const burns = windows.map(({ window, most, urgency, events, late }): Burn => {
    const [rate, lately] = [rateOf(events), rateOf(late)];
    const fast = rate !== undefined && rate > most;
    const still = late.total === undefined || (lately !== undefined && lately > most);
    return {
      window,
      most,
      urgency,
      rate,
      lately,
      over: fast && still,
      past: fast && !still,
      partly: events.partly,
    };
  });
  const errors = errorShare(all);
  if (errors === undefined)
    return {
      state: all.total === undefined ? 'no data' : 'no traffic',
      good: undefined,
      left: undefined,
      partly: all.partly,
      burns,
    };
  const left = 1 - errors / budget;
  const state = left <= 0 ? 'exhausted' : burns.some(({ over }) => over) ? 'burning' : 'ok';
  return { state, good: 1 - errors, left, partly: all.partly, burns };
}

/** Without events there is no share: not all of nothing is good. Events of which none is counted as good were all bad. */
function errorShare({ good, total }: Omit<Events, 'partly'>): number | undefined {
  if (total === undefined || !(total > 0)) return undefined;
  const share = 1 - (Number.isFinite(good) ? (good ?? 0) : 0) / total;
  // Extrapolation may find a hair more good events than there are.
  return Math.max(0, share);
}
