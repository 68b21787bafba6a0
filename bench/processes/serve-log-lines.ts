// A server that gives log lines as Loki does, page by page; it says its port when all lines are there.
import { createServer } from 'node:http';
import { logLines, textOfLine, timeOfLine } from '../support/log-lines.ts';

const entries = Array.from({ length: logLines.count }, (_, index) =>
  JSON.stringify([String(timeOfLine(index)), textOfLine(index)]),
);

function pageOf(search: URLSearchParams): string {
  const [from, to] = ['start', 'end'].map(name => indexAt(BigInt(search.get(name) ?? '0')));
  const limit = Number(search.get('limit'));
  return entries
    .slice(Math.max(from ?? 0, (to ?? 0) - limit), to)
    .toReversed()
    .join(',');
}

/** The first line that is not older. */
function indexAt(time: bigint): number {
  const index = Number((time - timeOfLine(0) + 999_999n) / 1_000_000n);
  return Math.min(logLines.count, Math.max(0, index));
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://bench');
  response.writeHead(200, { 'content-type': 'application/json' });
  if (pathname.endsWith('/labels')) return response.end('{"status":"success","data":["app"]}');
  if (!pathname.endsWith('/query_range')) return response.end('{"version":"3.0.0"}');
  const values = pageOf(searchParams);
  const result = values === '' ? '' : `{"stream":{"app":"shop"},"values":[${values}]}`;
  return response.end(`{"status":"success","data":{"resultType":"streams","result":[${result}],"stats":{}}}`);
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify(server.address())}\n`));
