import { describe, expect, test } from 'vitest';
import { LokiReader } from '../../../src/clients/loki/reader.ts';
import { DirectEndpoint } from '../../../src/http/direct-endpoint.ts';
import { type FakeLoki, startFakeLoki } from '../../support/fake-loki.ts';
import { fc } from '../../support/properties.ts';

const readerOf = ({ url }: Pick<FakeLoki, 'url'>) =>
  new LokiReader(
    new DirectEndpoint({ url: new URL(url), userAgent: 'vigie-test', proof: async () => ({}) }),
    { signal: new AbortController().signal },
  );

async function allOf(
  reader: LokiReader,
  query = '{app="web"}',
  span: { from: bigint; to: bigint; lost?(at: bigint): void } = { from: 0n, to: 1_000_000n },
) {
  const lines: string[] = [];
  for await (const page of reader.pages(query, { lost() {}, ...span }))
    lines.push(...page.map(({ at, line }) => `${at} ${line}`));
  return lines.sort();
}

describe('reading a Loki (a fake)', () => {
  test('every line comes once, however many have one time and however small the pages are', async () => {
    const line = fc.record({
      at: fc.integer({ min: 1, max: 6 }),
      text: fc.constantFrom('a', 'b', 'c'),
      pod: fc.constantFrom('p1', 'p2'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        async (lines, pods) => {
          // A page holds all of one nanosecond, as the reader needs it: at most 40 lines of six times.
          const most =
            Math.max(
              1,
              ...Object.values(Object.groupBy(lines, ({ at }) => at)).map(some => some?.length ?? 0),
            ) + pods;
          const loki = await startFakeLoki({ mostEntries: most });
          for (const { at, text, pod } of lines) loki.push({ app: 'web', pod }, [[BigInt(at), text]]);
          const all = await allOf(readerOf(loki));
          expect(all).toEqual(lines.map(({ at, text }) => `${at} ${text}`).sort());
        },
      ),
      { numRuns: 30 },
    );
  });

  test('nanoseconds are kept to the last digit', async () => {
    const loki = await startFakeLoki();
    const at = 1_795_000_000_123_456_789n;
    loki.push({ app: 'web' }, [
      [at, 'first'],
      [at + 1n, 'second'],
    ]);
    const span = { from: at, to: at + 1n };
    expect(await allOf(readerOf(loki), '{app="web"}', span)).toEqual([`${at} first`]);
  });

  test('more lines of one nanosecond than a page has do not stop what is older', async () => {
    const loki = await startFakeLoki({ mostEntries: 3 });
    loki.push({ app: 'web' }, [
      [1n, 'old'],
      ...Array.from({ length: 9 }, (_, index) => [5n, `same ${index}`] as const),
    ]);
    const lost: bigint[] = [];
    const span = { from: 0n, to: 1_000_000n, lost: (at: bigint) => lost.push(at) };
    expect(await allOf(readerOf(loki), undefined, span)).toContain('1 old');
    expect(lost).toEqual([5n]);
  });

  test('a page that is too large is asked for in smaller ones', async () => {
    const loki = await startFakeLoki();
    const large = 'x'.repeat(1024 * 1024);
    loki.push(
      { app: 'web' },
      Array.from({ length: 60 }, (_, index) => [BigInt(index), large] as const),
    );
    expect(await allOf(readerOf(loki))).toHaveLength(60);
  });

  test('a shorter length of time is said to be what a server takes', async () => {
    const loki = await startFakeLoki({ mostHours: 24 });
    const span = { from: 0n, to: 48n * 3_600_000_000_000n };
    await expect(allOf(readerOf(loki), '{app="web"}', span)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('exceeds the limit'),
      hint: expect.stringContaining('at most 24h a query'),
    });
  });

  test('series and sums of metric queries are read', async () => {
    const loki = await startFakeLoki();
    const second = 1_000_000_000n;
    loki.push({ app: 'web', pod: 'a' }, [
      [10n * second, 'x'],
      [20n * second, 'y'],
    ]);
    loki.push({ app: 'web', pod: 'b' }, [[20n * second, 'z']]);
    const reader = readerOf(loki);
    const span = { from: 0n, to: 60n * second };
    expect(await reader.number('sum(count_over_time({app="web"}[60s]))', span.to)).toBe(3);
    expect(await reader.number('sum(count_over_time({app="none"}[60s]))', span.to)).toBe(0);
    const series = await reader.range('sum by (pod) (count_over_time({app="web"}[60s]))', {
      ...span,
      stepSeconds: 30,
    });
    expect(series.map(({ labels, values }) => [labels['pod'], values.at(-1)])).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
    expect(await reader.labels()).toEqual(['app', 'pod']);
    expect(await reader.about()).toMatchObject({ product: 'Loki', version: '3.5.0' });
  });

  test.each([
    [
      'breaks off',
      '{"status":"success","data":{"resultType":"streams","result":[{"stream":{',
      'BAD_RESPONSE',
    ],
    ['is another program', '{"hello":"world"}', 'BAD_RESPONSE'],
    [
      'has times that are none',
      '{"status":"success","data":{"resultType":"streams","result":[{"stream":{},"values":[["soon","x"]]}]}}',
      'BAD_RESPONSE',
    ],
  ])('an answer that %s is none', async (_, body, code) => {
    const loki = await startFakeLoki({
      meddle: ({ response }) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(body);
        return true;
      },
    });
    await expect(allOf(readerOf(loki))).rejects.toMatchObject({ code });
  });

  test('what does not answer as Loki does is said to be named wrongly', async () => {
    const loki = await startFakeLoki({
      meddle: ({ response }) => {
        response.writeHead(404).end('404 page not found');
        return true;
      },
    });
    await expect(allOf(readerOf(loki))).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: expect.stringContaining('logs.loki'),
    });
  });
});
