import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { audit } from '../../../src/diagnosis/audit/audit.ts';
import { auditView } from '../../../src/diagnosis/audit/view.ts';
import { Snapshot } from '../../../src/diagnosis/snapshot.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import { answerOf } from '../../../src/tools/k8s/audit/page.ts';
import { takenAt } from '../../support/snapshot-of.ts';
import { cases } from './cases.ts';

/** Every broken manifest of the table again and again, each under a name of its own. */
function many(count: number): KubeObject[] {
  const broken = cases.flatMap(({ breaks }) =>
    parseAllDocuments(breaks).map(each => each.toJS() as KubeObject),
  );
  return Array.from({ length: count }, (_, index) => {
    const object = structuredClone(broken[index % broken.length] ?? broken[0]);
    if (object === undefined) throw new Error('There are cases.');
    object.metadata.name += `-${index}`;
    if (object.metadata.namespace !== undefined) object.metadata.namespace = `team-${index % 500}`;
    return object;
  });
}

const asked = {
  place: 'many',
  skip: 0,
  tool: 'k8s_audit',
  notChecked: [],
  budgetBytes: 40_000,
} as const;

test('five thousand objects answer within 20 kB, all rules counted, and a rule in pages with each place once', () => {
  const objects = many(5_000);
  const snapshot = new Snapshot({ takenAt, objects, events: [], serverVersion: 'v1.36.2' });
  const view = auditView(snapshot, { live: true, everywhere: true });
  const found = audit(objects, { view, withSystem: false });
  const first = answerOf(found, { ...asked, rule: undefined });
  expect(Buffer.byteLength(JSON.stringify(first))).toBeLessThanOrEqual(20_000);
  expect(first.truncated).toBe(true);
  const told = found.findings.filter(({ severity }) => severity !== 'note');
  expect(first.rules.reduce((sum, { count }) => sum + count, 0)).toBe(told.length);
  expect(first.rules.every(({ places }) => places.length > 0)).toBe(true);

  const rule = 'capabilities-kept';
  const seen: string[] = [];
  for (let skip = 0; ; ) {
    const page = answerOf(found, { ...asked, rule, skip });
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(20_000);
    const places = page.rules.flatMap(({ places: shown }) => shown);
    seen.push(...places.map(({ object }) => object));
    skip += places.length;
    if (!page.truncated) break;
    expect(places.length).toBeGreaterThan(0);
  }
  expect(seen.length).toBe(found.findings.filter(each => each.rule === rule).length);
  expect(new Set(seen).size).toBe(seen.length);
});

test('of hostile names and odd values none is obeyed, and none ends the audit', () => {
  const odd: unknown[] = [null, 0, '', 'x', [], [null], {}, { a: null }, true];
  const hostile = cases.flatMap(({ breaks }) =>
    parseAllDocuments(breaks).flatMap(each => {
      const object = each.toJS() as KubeObject;
      object.metadata.name = '</testcase><script>\u0000\u202e` ${x} ]]>';
      object.metadata.annotations = {
        __proto__: 'x',
        'vigie.dev/audit-ignore.constructor': 'a; until 2027-01-01',
      };
      return [
        object,
        ...odd.map(value => ({ ...object, spec: value, data: value, rules: value, subjects: value })),
      ];
    }),
  ) as KubeObject[];
  const snapshot = new Snapshot({ takenAt, objects: hostile, events: [] });
  const view = auditView(snapshot, { live: false, everywhere: true });
  const { findings } = audit(hostile, { view, withSystem: true });
  expect(findings.length).toBeGreaterThan(100);
  expect(findings.map(({ message }) => message)).toContain('excuses from a rule that there is not');
});
