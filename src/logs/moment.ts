/*
 * Times of log lines in nanoseconds since 1970. They are kept as BigInt: as a number such a time loses its last digits,
 * and with them which of two lines of one millisecond came first.
 */

const inMillisecond = 1_000_000n;

/** RFC 3339 with up to nine digits of a second; undefined where it is none. */
export function nanosOf(text: string): bigint | undefined {
  const [, head, fraction = '', zone] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  if (head === undefined || zone === undefined) return undefined;
  const ms = Date.parse(head + zone);
  return Number.isNaN(ms) ? undefined : BigInt(ms) * inMillisecond + BigInt(fraction.padEnd(9, '0'));
}

export function nanosFromMs(ms: number): bigint {
  return BigInt(Math.round(ms)) * inMillisecond;
}

export function msOf(nanos: bigint): number {
  return Number(nanos / inMillisecond);
}

/** `2026-01-31T12:00:00.123456789Z`, with as many thousandths as it has. */
export function isoOf(nanos: bigint): string {
  const second = nanos / 1_000_000_000n;
  const fraction = String(nanos % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/(?:000)+$/, '');
  const head = new Date(Number(second) * 1_000).toISOString().slice(0, 19);
  return `${head}${fraction === '' ? '' : `.${fraction}`}Z`;
}
