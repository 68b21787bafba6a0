import { describe, expect, test } from 'vitest';
import { SeriesStream } from '../../../src/clients/prometheus/series-stream.ts';
import { fc } from '../../support/properties.ts';

interface Read {
  labels: Readonly<Record<string, string>>;
  points: [number, number][];
  histograms: number;
}

/** Reads a body that comes in pieces of so many bytes. */
function read(body: string | Buffer, pieces = 65_536) {
  const series: Read[] = [];
  const stream = new SeriesStream('http://metrics', each => {
    const points = Array.from({ length: each.count }, (_, at): [number, number] => [
      each.times[at] ?? Number.NaN,
      each.values[at] ?? Number.NaN,
    ]);
    series.push({ labels: each.labels, points, histograms: each.histograms });
  });
  const bytes = Buffer.from(body);
  for (let at = 0; at < bytes.length; at += pieces) stream.push(bytes.subarray(at, at + pieces));
  return { around: stream.end(), series };
}

const answer = (result: string, after = '') =>
  `{"status":"success","data":{"resultType":"matrix","result":[${result}]}${after}}`;

describe('SeriesStream', () => {
  test('reads the same series as JSON.parse, however the answer is cut into pieces', () => {
    const value = fc.oneof(
      fc.double().map(goText),
      fc.integer().map(String),
      fc.constantFrom(
        'NaN',
        '+Inf',
        '-Inf',
        '0.1',
        '1e+06',
        '123456789012345678',
        '-0',
        '0.30000000000000004',
      ),
    );
    const time = fc.oneof(
      fc.integer({ min: 0, max: 4e9 }),
      fc.integer({ min: 0, max: 4e12 }).map(ms => ms / 1000),
    );
    const one = fc.record({
      metric: fc.dictionary(fc.string({ minLength: 1, unit: 'binary' }), fc.string({ unit: 'binary' }), {
        maxKeys: 4,
      }),
      values: fc.array(fc.tuple(time, value), { minLength: 1, maxLength: 8 }),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 5 }), fc.integer({ min: 1, max: 40 }), (all, pieces) => {
        const body = answer(all.map(each => JSON.stringify(each)).join(','), ',"warnings":["w"]');
        const { series, around } = read(body, pieces);
        expect(around['warnings']).toEqual(['w']);
        expect(series.map(each => ({ ...each.labels }))).toEqual(all.map(({ metric }) => ({ ...metric })));
        expect(series.map(each => each.points)).toEqual(
          all.map(each => each.values.map(([at, text]) => [at, numberIn(text)])),
        );
      }),
    );
  });

  test('takes no time for the one that the series before had at that place, however little they differ', () => {
    const time = fc
      .tuple(fc.integer({ min: 1, max: 4_102_444_800 }), fc.constantFrom('', '.5', '.25', '.123', '.1234'))
      .map(([seconds, rest]) => `${seconds}${rest}`);
    const value = fc.oneof(fc.double({ noNaN: true }).map(goText), fc.nat().map(String));
    const change = fc.record({ at: fc.nat(), digit: fc.constantFrom('1', '2', '4', '7', '9', '.') });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(time, value), { minLength: 1, maxLength: 6 }),
        fc.array(change, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 400 }),
        (points, changes, pieces) => {
          // Each series has the points of the first, but for one character of their times.
          const written = changes.map(({ at, digit }) =>
            points.map(([text, number]): [string, string] => {
              const place = at % text.length;
              const other = text.slice(0, place) + digit + text.slice(place + 1);
              return [Number.isNaN(Number(other)) || other.startsWith('.') ? text : other, number];
            }),
          );
          const all = [points, points, ...written, points];
          const body = answer(
            all
              .map(
                each =>
                  `{"metric":{"a":"b"},"values":[${each.map(([at, n]) => `[${at},"${n}"]`).join(',')}]}`,
              )
              .join(','),
          );
          expect(read(body, pieces).series.map(each => each.points)).toEqual(
            all.map(each => each.map(([at, n]) => [Number(at), numberIn(n)])),
          );
        },
      ),
    );
  });

  test('reads an instant answer, one of native histograms, and one that is laid out otherwise', () => {
    const instant = `{"status":"success","isPartial":false,"data":{"resultType":"vector","result":[{"metric":{"a":"}\\"{"},"value":[1.5,"2"]}]}}`;
    expect(read(instant, 3).series).toEqual([{ labels: { a: '}"{' }, points: [[1.5, 2]], histograms: 0 }]);
    const histogram = '[1,{"count":"3","sum":"4","buckets":[[0,"1","2","3"]]}]';
    const mixed = `{"metric":{"a":"1"},"values":[[1,"2"]],"histograms":[${histogram},${histogram}]},{"metric":{"a":"2"},"histograms":[${histogram}]}`;
    expect(read(answer(mixed), 5).series.map(each => [each.points.length, each.histograms])).toEqual([
      [1, 2],
      [0, 1],
    ]);
    const spread =
      '{ "values": [ [1, "2"], [2, "3"] ], "metric": {"a": "b"} } , {"metric":{"c":"d"},"values":[[1,"1"]]}';
    expect(read(answer(spread), 4).series).toEqual([
      {
        labels: { a: 'b' },
        points: [
          [1, 2],
          [2, 3],
        ],
        histograms: 0,
      },
      { labels: { c: 'd' }, points: [[1, 1]], histograms: 0 },
    ]);
  });

  test('hands a scalar back whole, and an empty answer as none', () => {
    const scalar = '{"status":"success","data":{"resultType":"scalar","result":[1700000000.5,"3"]}}';
    expect(read(scalar, 7)).toEqual({
      series: [],
      around: { status: 'success', data: { resultType: 'scalar', result: [1700000000.5, '3'] } },
    });
    expect(read(answer('')).series).toEqual([]);
  });

  test('takes no answer that broke off for a shorter one, wherever it breaks', () => {
    const whole = answer(
      '{"metric":{"a":"b"},"values":[[1,"2"],[2,"3"]]},{"metric":{"a":"c"},"values":[[1,"2"]]}',
    );
    for (let length = 0; length < whole.length; length += 1)
      expect(() => read(whole.slice(0, length), 9), whole.slice(0, length)).toThrow(/http:\/\/metrics/);
    expect(read(whole, 9).series).toHaveLength(2);
  });

  test.each([
    ['a page', '<html><body>Log in</body></html>'],
    ['another document', '{"status":"success","data":{"result":"none"}}x'],
    ['a list of something else', answer('1,2')],
    ['a point of three', answer('{"metric":{},"values":[[1,"2",3]]}')],
    ['a point without a time', answer('{"metric":{},"values":[["1","2"]]}')],
    ['a value that is no number', answer('{"metric":{},"values":[[1,"2"],[2,"many"]]}')],
    ['an empty value', answer('{"metric":{},"value":[1,""]}')],
    ['a value without an end', `${answer('').slice(0, -3)}{"metric":{},"values":[[1,"${'9'.repeat(100_000)}`],
    ['bytes without an end', `{"x":"${'y'.repeat(100_000)}`],
  ])('refuses %s', (_, body) => {
    expect(() => read(body)).toThrow(expect.objectContaining({ code: 'BAD_RESPONSE' }));
  });

  test('a label of 100 kB and one of every sort of character come through whole', () => {
    const long = 'é"\\}{\u202E'.repeat(15_000);
    const { series } = read(answer(JSON.stringify({ metric: { long }, values: [[1, '2']] })), 1_000);
    expect(series[0]?.labels['long']).toBe(long);
  });
});

/** As Go writes a double. */
function goText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return Object.is(value, -0) ? '-0' : String(value);
}

function numberIn(text: string): number {
  return text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text);
}
