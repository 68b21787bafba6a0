const minuteMs = 60_000;
/** How far back a schedule is looked for: the longest that the sandbox's worlds live. */
const lookBackMinutes = 32 * 24 * 60;
const namedSchedules = new Map([
  ['@hourly', '0 * * * *'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@weekly', '0 0 * * 0'],
  ['@monthly', '0 0 1 * *'],
]);

/** The last moment at or before nowMs that a cron line names, in UTC; undefined for one it cannot read or that is long ago. */
export function lastRunBefore(schedule: string, nowMs: number): number | undefined {
  const fields = (namedSchedules.get(schedule) ?? schedule).trim().split(/\s+/);
  const [minute, hour, day, month, weekday] = fields;
  if (
    minute === undefined ||
    hour === undefined ||
    day === undefined ||
    month === undefined ||
    weekday === undefined
  ) {
    return undefined;
  }
  const startMs = Math.floor(nowMs / minuteMs) * minuteMs;
  for (let back = 0; back < lookBackMinutes; back++) {
    const time = new Date(startMs - back * minuteMs);
    // When both days are restricted, either is enough.
    const dayFits = includes(day, time.getUTCDate());
    const weekdayFits =
      includes(weekday, time.getUTCDay()) || (time.getUTCDay() === 0 && includes(weekday, 7));
    const days = day === '*' || weekday === '*' ? dayFits && weekdayFits : dayFits || weekdayFits;
    if (
      days &&
      includes(minute, time.getUTCMinutes()) &&
      includes(hour, time.getUTCHours()) &&
      includes(month, time.getUTCMonth() + 1)
    ) {
      return time.getTime();
    }
  }
  return undefined;
}

/** Whether a field (`*`, `5`, `1-5`, `0,30`, any with a `/step`) has the value. */
function includes(field: string, value: number): boolean {
  return field.split(',').some(part => {
    const [range = '', step = '1'] = part.split('/');
    const [from = '', to = part.includes('/') ? '59' : from] = range.split('-');
    const start = range === '*' ? 0 : Number(from);
    const end = range === '*' ? 59 : Number(to);
    return value >= start && value <= end && (value - start) % Number(step) === 0;
  });
}
