import { countOf } from '../kubernetes/health/verdict.ts';

const hourMs = 3_600_000;

/** A span in days, of less than two in hours; at least one: `3 days`, `1 hour`. */
export function daysText(ms: number): string {
  const days = Math.floor(ms / (24 * hourMs));
  return days >= 2 ? `${days} days` : countOf(Math.max(1, Math.floor(ms / hourMs)), 'hour');
}
