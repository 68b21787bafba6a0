import { rows } from '../../../src/diagnosis/rows.ts';
import { complaints, type Verdict } from './score.ts';

/** What the eval asks for, a row of the table each. */
export interface RowResult {
  row: string;
  worlds: number;
  /** Of each way. */
  ways: Record<string, number>;
  labels: number;
  found: number;
  rootFirst: number;
  alarms: number;
  fixesTried: number;
  fixFaults: number;
}

export function rowResults(verdicts: readonly Verdict[]): RowResult[] {
  const order = [...Object.keys(rows), 'several', 'noise', 'healthy', 'hostile'];
  const byRow = Map.groupBy(verdicts, ({ row }) => row);
  return [...byRow]
    .toSorted(([a], [b]) => order.indexOf(a) - order.indexOf(b))
    .map(([row, all]) => {
      const sum = (count: (each: Verdict) => number) => all.reduce((total, each) => total + count(each), 0);
      const labels = sum(each => each.labels.length);
      return {
        row,
        worlds: all.length,
        ways: Object.fromEntries(
          [...Map.groupBy(all, ({ way }) => way)].map(([way, some]) => [way, some.length]),
        ),
        labels,
        found: labels - sum(({ missed }) => missed.length),
        rootFirst: sum(({ rootFirst }) => (rootFirst ? 1 : 0)),
        alarms: sum(({ alarms }) => alarms.length),
        fixesTried: sum(({ fixesTried }) => fixesTried),
        fixFaults: sum(({ fixFaults }) => fixFaults.length),
      };
    });
}

export function medianOf(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

/** The table that is kept, in Markdown. */
export function resultsOf(verdicts: readonly Verdict[]): string {
  const results = rowResults(verdicts);
  const bytes = verdicts.flatMap(each => each.bytes);
  const total = (count: (each: RowResult) => number) => results.reduce((sum, each) => sum + count(each), 0);
  const percent = (part: number, whole: number) => (whole === 0 ? '' : (part / whole).toFixed(2));
  const ways = ['dump', 'spec', 'sandbox', 'recorded'];
  return [
    '# What the diagnosis finds',
    '',
    'Written by `npm run eval:diagnosis`. Labels say where a fault was planted; see README.md beside this file.',
    '',
    `| row | worlds | ${ways.join(' | ')} | found | recall | root first | false alarms | fixes tried | fixes that did not heal |`,
    `|---|---|${ways.map(() => '---').join('|')}|---|---|---|---|---|---|`,
    ...results.map(each =>
      [
        '',
        each.row,
        each.worlds,
        ...ways.map(way => each.ways[way] ?? ''),
        each.labels === 0 ? '' : `${each.found}/${each.labels}`,
        percent(each.found, each.labels),
        percent(each.rootFirst, each.worlds),
        each.alarms,
        each.fixesTried === 0 ? '' : each.fixesTried,
        each.fixesTried === 0 ? '' : each.fixFaults,
        '',
      ]
        .join(' | ')
        .trim(),
    ),
    '',
    `${total(({ worlds }) => worlds)} worlds; ${total(({ found }) => found)} of ${total(({ labels }) => labels)} faults found; ${total(({ alarms }) => alarms)} false alarms; ${total(({ fixesTried }) => fixesTried)} fixes tried, ${total(({ fixFaults }) => fixFaults)} complaints about them.`,
    `A finding is ${medianOf(bytes)} bytes of JSON in the median and ${Math.max(0, ...bytes)} at most.`,
    '',
    '## What is missed, and what is made up',
    '',
    ...listOf(verdicts.flatMap(complaints)),
    '',
  ].join('\n');
}

const lineChars = 240;

function listOf(lines: readonly string[]): string[] {
  return lines.length === 0 ? ['Nothing.'] : ['```', ...lines.map(line => line.slice(0, lineChars)), '```'];
}
