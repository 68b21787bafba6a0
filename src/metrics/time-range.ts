import { durationSeconds } from './durations.ts';

// What a sparkline and the figures beside it need; Prometheus itself draws 250.
const wantedPoints = 120;
/** Prometheus refuses more points of one series. */
export const mostPointsOfSeries = 11_000;
const niceSteps = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
];

/** `90m` or `now-90m` (ago), a time (`2026-01-31T12:00:00Z`, `2026-01-31`), seconds since 1970; undefined for anything else. */
export function readTime(text: string, nowSeconds: number): number | undefined {
  const trimmed = text.trim();
  if (trimmed === 'now') return nowSeconds;
  if (/^\d{9,11}(\.\d+)?$/.test(trimmed)) return Number(trimmed);
  const ago = durationSeconds(trimmed.replace(/^now-|^-/, ''));
  if (ago !== undefined && !/^\d+(\.\d+)?$/.test(trimmed)) return nowSeconds - ago;
  // Without a zone it is UTC, as the servers' own times are.
  const dated = /^\d{4}-\d\d-\d\d$/.test(trimmed)
    ? `${trimmed}T00:00:00Z`
    : /^\d{4}-\d\d-\d\dT[\d:.]+$/.test(trimmed)
      ? `${trimmed}Z`
      : trimmed;
  const ms = /^\d{4}-\d\d-\d\dT/.test(dated) ? Date.parse(dated) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms / 1000;
}

/** A step of a round length that makes about so many points as are shown. */
export function stepFor(spanSeconds: number): number {
  const least = spanSeconds / wantedPoints;
  const nice = niceSteps.find(step => step >= least);
  return nice ?? Math.ceil(least / 86_400) * 86_400;
}
