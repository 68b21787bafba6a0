// Up to two of the next unit the smaller one tells more; three days, for hours.
const steps = [
  { from: 0, seconds: 0.001, unit: 'ms' },
  { from: 1, seconds: 1, unit: 's' },
  { from: 120, seconds: 60, unit: 'min' },
  { from: 7_200, seconds: 3_600, unit: 'h' },
  { from: 3 * 86_400, seconds: 86_400, unit: 'd' },
] as const;

/** How long something takes or is old, for people: `740 ms`, `4.2 s`, `3 min`, `12 d`. */
export function lengthText(seconds: number): string {
  const step = steps.findLast(({ from }) => Math.abs(seconds) >= from) ?? steps[0];
  const amount = seconds / step.seconds;
  return `${amount >= 100 ? Math.round(amount) : Number(amount.toFixed(1))} ${step.unit}`;
}

/** How old something is, for a cell of a table: `5m`, `7h`, `12d`. */
export function ageText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 120) return `${Math.max(0, minutes)}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 72 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}
