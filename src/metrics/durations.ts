const unitSeconds: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 7 * 86_400,
  y: 365 * 86_400,
};

/** A duration of PromQL, `1h30m` or a number of seconds; undefined for anything else. */
export function durationSeconds(text: string): number | undefined {
  if (/^\d{1,12}(\.\d{1,6})?$/.test(text)) return Number(text);
  if (!/^(?:\d{1,9}(?:ms|[smhdwy]))+$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, count, unit = ''] of text.matchAll(/(\d+)(ms|[smhdwy])/g))
    seconds += Number(count) * (unitSeconds[unit] ?? 0);
  return seconds;
}

/** Seconds as a duration of PromQL, in whole units: `1h30m`, `90s` as `1m30s`; under a second in milliseconds. */
export function durationText(seconds: number): string {
  if (seconds < 1) return `${Math.max(1, Math.round(seconds * 1000))}ms`;
  let left = Math.round(seconds);
  let text = '';
  for (const [unit, each] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    if (left >= each) text += `${Math.floor(left / each)}${unit}`;
    left %= each;
  }
  return text;
}
