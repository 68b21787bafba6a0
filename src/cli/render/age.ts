const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
] as const;

/** The time from one moment to another in the largest fitting unit: `45s`, `12m`, `3h`, `2d`. */
export function age(from: string, to: Date): string {
  const seconds = Math.max(0, Math.round((to.getTime() - Date.parse(from)) / 1000));
  const [unit, size] = units.find(([, size]) => seconds >= 2 * size) ?? ['s', 1];
  return `${Math.floor(seconds / size)}${unit}`;
}
