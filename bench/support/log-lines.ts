/** Lines a millisecond apart, as a web shop writes them; of what differs in them nothing is random. */
export const logLines = { count: 100_000, page: 5_000, startSeconds: 1_780_000_000 };

const millisecond = 1_000_000n;
const statements = [
  (n: number) =>
    `level=info msg="request served" method=GET path=/orders/${n * 7} status=200 duration=${n % 90}ms client=10.1.${n % 250}.${n % 199} agent="Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"`,
  (n: number) =>
    `level=info msg="order ${n} was placed" customer=${(n * 7919) % 5000} items=${n % 9} total=${n % 700}.50 currency=EUR warehouse=north queue=orders-${n % 4} attempt=1`,
  (n: number) =>
    `level=debug msg="cache read" key=session:${(n * 104_729) % 100_000} hit=${n % 3 === 0 ? 'true' : 'false'} took=${n % 40}us shard=${n % 16} bytes=${(n * 31) % 9000}`,
  (n: number) =>
    `level=error msg="payment ${n} was refused" reason="card expired" provider=example gateway=eu-${n % 3} after=${n % 1000}ms retry=false`,
];

/** When a line was written, in nanoseconds since 1970. */
export function timeOfLine(index: number): bigint {
  return BigInt(logLines.startSeconds) * 1_000_000_000n + BigInt(index) * millisecond;
}

export function textOfLine(index: number): string {
  // One error in a hundred; the others take turns.
  const statement = index % 100 === 99 ? statements[3] : statements[index % 3];
  return statement?.(index) ?? '';
}

/** The address of a page: the newest lines before `end`, which is not included. */
export function pagePath(end: bigint): string {
  const search = new URLSearchParams({
    query: '{app="shop"}',
    start: String(timeOfLine(0)),
    end: String(end),
    limit: String(logLines.page),
    direction: 'backward',
  });
  return `/loki/api/v1/query_range?${search.toString()}`;
}
