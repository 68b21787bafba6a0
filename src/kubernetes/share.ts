/**
 * A number of pods that is written as itself or as a percentage (`25%`) of all; what is neither is none. Whoever has the
 * field says which way fractions go.
 */
export function shareOf(
  value: number | string,
  { of, round }: { of: number; round: (value: number) => number },
): number {
  if (typeof value === 'number') return value;
  const number = Number.parseFloat(value);
  if (Number.isNaN(number)) return 0;
  return value.endsWith('%') ? round((number * of) / 100) : number;
}
