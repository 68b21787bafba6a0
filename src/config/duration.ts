const unitSeconds: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 24 * 3600],
]);

/** `90s`, `30m`, `24h`, `2d` in seconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = /^([1-9][0-9]{0,5})([smhd])$/.exec(text) ?? [];
  const seconds = unitSeconds.get(unit ?? '');
  return seconds === undefined ? undefined : Number(count) * seconds;
}
