const hourMs = 3_600_000;

/** A span in days, of less than two in hours; at least one. */
export function daysText(ms: number): string {
  const days = Math.floor(ms / (24 * hourMs));
  return days >= 2 ? `${days} days` : `${Math.max(1, Math.floor(ms / hourMs))} hours`;
}
