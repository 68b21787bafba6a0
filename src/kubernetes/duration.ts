/**
 * A span as kubectl writes ages: about two figures (`45s`, `5m30s`, `3h`, `2d4h`, `400d`, `3y`).
 * A span that is more than a second below zero is a clock that disagrees: `<invalid>`.
 */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds <= 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return withRest(minutes, 'm', { rest: seconds % 60, restUnit: 's' });
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return withRest(hours, 'h', { rest: minutes % 60, restUnit: 'm' });
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return withRest(days, 'd', { rest: hours % 24, restUnit: 'h' });
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 ? withRest(years, 'y', { rest: days % 365, restUnit: 'd' }) : `${years}y`;
}

function withRest(
  count: number,
  unit: string,
  { rest, restUnit }: { rest: number; restUnit: string },
): string {
  return rest === 0 ? `${count}${unit}` : `${count}${unit}${rest}${restUnit}`;
}

/** How long ago an RFC 3339 time was; `<unknown>` where there is none. */
export function ageOf(timestamp: string | null | undefined, nowMs: number): string {
  if (timestamp === undefined || timestamp === null) return '<unknown>';
  const ms = Date.parse(timestamp);
  return Number.isNaN(ms) ? '<unknown>' : humanDuration(nowMs - ms);
}
