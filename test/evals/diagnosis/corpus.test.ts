import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { rows } from '../../../src/diagnosis/rows.ts';
import { verdictsOnData } from './every-world.ts';
import { medianOf, rowResults } from './results.ts';
import { judgeBatch, sandboxBatches } from './sandbox-worlds.ts';
import { complaints, type Verdict } from './score.ts';

// The part of the eval that is quick enough for every run; `npm run eval:diagnosis` is the whole.

const floor = 0.97;
let verdicts: Verdict[];
beforeAll(async () => {
  verdicts = await verdictsOnData();
});

test('every row has worlds', () => {
  const seen = new Set<string>(verdicts.map(({ row }) => row));
  expect(Object.keys(rows).filter(row => !seen.has(row))).toEqual([]);
  expect(verdicts.length).toBeGreaterThan(900);
});

test('of every row at least 97 of 100 faults are found, each root cause first', () => {
  const low = rowResults(verdicts)
    .filter(({ labels }) => labels > 0)
    .filter(({ found, labels, rootFirst, worlds }) => found / labels < floor || rootFirst / worlds < floor)
    .map(({ row, found, labels }) => `${row}: ${found} of ${labels}`);
  expect(low).toEqual([]);
});

test.each(['healthy', 'noise', 'hostile'])('nothing is made up about worlds that are %s', kind => {
  const those = verdicts.filter(({ row }) => row === kind);
  expect(those.length).toBeGreaterThan(10);
  expect(those.flatMap(complaints)).toEqual([]);
});

test('sixty healthy worlds and more have no finding', () => {
  const calm = verdicts.filter(({ labels }) => labels.length === 0);
  expect(calm.length).toBeGreaterThanOrEqual(60);
  expect(calm.flatMap(({ alarms }) => alarms)).toEqual([]);
});

test('a finding is at most 1,200 bytes, and 600 in the median', () => {
  const bytes = verdicts.flatMap(each => each.bytes);
  expect(Math.max(...bytes)).toBeLessThanOrEqual(1_200);
  expect(medianOf(bytes)).toBeLessThanOrEqual(600);
});

test('results.md was written for the corpus as it stands', () => {
  const written = readFileSync(new URL('./results.md', import.meta.url), 'utf8');
  const counts = new Map(
    [...written.matchAll(/^\| ([a-z-]+) \| \d+ \| (\d*) \| (\d*) \|/gm)].map(([, row, dump, spec]) => [
      row,
      { dump, spec },
    ]),
  );
  for (const { row, ways } of rowResults(verdicts))
    expect(counts.get(row), `${row}: npm run eval:diagnosis`).toEqual({
      dump: `${ways['dump'] ?? ''}`,
      spec: `${ways['spec'] ?? ''}`,
    });
});

test('in a simulated cluster the tools find what was planted, and what they offer heals it', async () => {
  const sample = `
    image-tag oom-limit selector-label port-name ingress-port secret-missing-twice
    readiness-path policy-deny-in zero-service claim-class-missing`
    .trim()
    .split(/\s+/);
  const [batch = []] = sandboxBatches(sample);
  const judged = await judgeBatch(batch);
  expect(judged).toHaveLength(sample.length);
  expect(judged.flatMap(complaints)).toEqual([]);
  expect(judged.reduce((sum, { fixesTried }) => sum + fixesTried, 0)).toBeGreaterThan(2);
});
