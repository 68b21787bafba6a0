import type { Finding } from '../../../src/core/finding.ts';
import { describeRef, type Ref } from '../../../src/core/ref.ts';
import { analyzers } from '../../../src/diagnosis/analyzers/index.ts';
import type { Row } from '../../../src/diagnosis/rows.ts';
import type { Label } from './world.ts';

export interface Verdict {
  world: string;
  row: Row | 'healthy' | 'noise' | 'hostile' | 'several';
  way: string;
  labels: readonly Label[];
  missed: readonly Label[];
  /** The first finding is one of the labels'. */
  rootFirst: boolean;
  /** Findings that no label asked for. */
  alarms: readonly Finding[];
  bytes: readonly number[];
  /** What went wrong with its fixes; empty: none was offered, or all healed. */
  fixFaults: string[];
  fixesTried: number;
}

const rowOfCode: ReadonlyMap<string, Row> = new Map(
  analyzers.flatMap(({ codes }) => Object.entries(codes).map(([code, { row }]) => [code, row])),
);

function same(a: Ref, b: Ref): boolean {
  return a.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '');
}

/** Whether a finding says what a label asks for, in one of the ways that are as good. */
export function answers(finding: Finding, { row, object, also = [] }: Label): boolean {
  const rows = [row, ...also.flatMap(each => each.row ?? [])];
  const objects = [object, ...also.flatMap(each => each.object ?? [])];
  const found = rowOfCode.get(finding.code);
  return found !== undefined && rows.includes(found) && objects.some(each => same(finding.object, each));
}

export function judge(
  at: Pick<Verdict, 'world' | 'row' | 'way' | 'labels'>,
  findings: readonly Finding[],
): Verdict {
  const { labels } = at;
  const [first] = findings;
  return {
    ...at,
    missed: labels.filter(label => !findings.some(each => answers(each, label))),
    rootFirst: labels.length === 0 || (first !== undefined && labels.some(label => answers(first, label))),
    alarms: findings.filter(each => !labels.some(label => answers(each, label))),
    bytes: findings.map(each => Buffer.byteLength(JSON.stringify(each))),
    fixFaults: [],
    fixesTried: 0,
  };
}

/** What a person needs to see what went wrong, a line each. */
export function complaints({ world, way, missed, alarms, fixFaults }: Verdict): string[] {
  return [
    ...missed.map(({ row, object }) => `MISS  ${row}  ${world} (${way}): ${describeRef(object)}`),
    ...alarms.map(
      ({ code, object, summary }) =>
        `ALARM ${rowOfCode.get(code) ?? '?'}  ${world} (${way}): ${code} ${describeRef(object)}: ${summary}`,
    ),
    ...fixFaults.map(line => `FIX   ${world} (${way}): ${line}`),
  ];
}
