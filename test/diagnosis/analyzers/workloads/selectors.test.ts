import { expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { selectorsAnalyzer } from '../../../../src/diagnosis/analyzers/workloads/selectors.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';
import { ago, object, workload, written } from '../../../support/written-objects.ts';

const found = (...objects: JsonObject[]) => selectorsAnalyzer.analyze(snapshotOf(written(...objects)));
const labelled = (
  name: string,
  {
    matches,
    has,
    minutes = 60,
    namespace = 'shop',
  }: { matches: JsonObject; has: JsonObject; minutes?: number; namespace?: string },
) =>
  workload('Deployment', name, {
    metadata: { creationTimestamp: ago(minutes), namespace },
    spec: {
      selector: { matchLabels: matches },
      template: { metadata: { labels: has }, spec: { containers: [] } },
    },
  });
const wide = labelled('web', { matches: { team: 'a' }, has: { team: 'a', tier: 'web' } });
const narrow = labelled('api', { matches: { tier: 'api' }, has: { team: 'a', tier: 'api' } });

test('a selector that reaches into another workload is one finding, on whoever reaches', () => {
  expect(found(wide, narrow)).toMatchObject([
    {
      code: 'SELECTOR_OVERLAPS',
      severity: 'warning',
      object: { name: 'web' },
      summary: 'its selector also matches the pods of Deployment/api in shop',
    },
  ]);
});

test('of two that reach into each other the younger is at fault, once', () => {
  const same = { team: 'a' };
  const drafts = found(
    labelled('old', { matches: same, has: same, minutes: 600 }),
    labelled('young', { matches: same, has: same, minutes: 5 }),
  );
  expect(drafts).toMatchObject([{ object: { name: 'young' } }]);
});

test.each<[what: string, objects: JsonObject[]]>([
  [
    'in another namespace',
    [wide, labelled('api', { matches: { team: 'a' }, has: { team: 'a' }, namespace: 'other' })],
  ],
  [
    'of other values',
    [
      labelled('a', { matches: { app: 'a' }, has: { app: 'a' } }),
      labelled('b', { matches: { app: 'b' }, has: { app: 'b' } }),
    ],
  ],
])('labels %s are no finding', (_what, objects) => {
  expect(found(...objects)).toEqual([]);
});

test('a selector that misses its own pods is told from a file', () => {
  expect(found(labelled('web', { matches: { app: 'web' }, has: { app: 'wep' } }))).toMatchObject([
    { code: 'SELECTOR_MISSES_OWN', severity: 'critical' },
  ]);
});

test('a pod of nobody is a note, one that a node runs from a file is nothing', () => {
  const pod = (annotations: JsonObject) =>
    object('Pod', 'p', { metadata: { annotations }, spec: { containers: [] } });
  expect(found(pod({}))).toMatchObject([{ code: 'POD_UNOWNED', severity: 'note' }]);
  expect(found(pod({ 'kubernetes.io/config.mirror': 'x' }))).toEqual([]);
});

test('a namespace of more workloads than anybody reads through is compared to its end', () => {
  const many = Array.from({ length: 700 }, (_, index) => {
    const own = { app: `a${String(index).padStart(3, '0')}` };
    return labelled(own.app, { matches: own, has: own });
  });
  const last = labelled('z-last', { matches: { app: 'a699' }, has: { app: 'a699' }, minutes: 5 });
  expect(found(...many, last)).toMatchObject([
    { object: { name: 'z-last' }, summary: expect.stringContaining('Deployment/a699 in shop') },
  ]);
});

test('of hundreds with one selector the oldest is named, and the others are counted up to a bound', () => {
  const same = { team: 'a' };
  const many = Array.from({ length: 150 }, (_, index) =>
    labelled(`w${index}`, { matches: same, has: same, minutes: 1_000 - index }),
  );
  const drafts = found(...many);
  expect(drafts).toHaveLength(149);
  expect(drafts[0]).toMatchObject({
    object: { name: 'w149' },
    summary: 'its selector also matches the pods of Deployment/w0 in shop and 100 more at least',
  });
  expect(drafts.at(-1)).toMatchObject({
    object: { name: 'w1' },
    summary: 'its selector also matches the pods of Deployment/w0 in shop',
  });
});
