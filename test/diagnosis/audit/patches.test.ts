import { expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import { strategicMerge } from '../../../src/kubernetes/strategic-merge.ts';
import { findingsIn, findingsOf } from '../../support/audited.ts';
import { fc } from '../../support/properties.ts';
import { cases } from './cases.ts';

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const capabilities = fc.record({
  add: maybe(fc.subarray(['NET_ADMIN', 'SYS_ADMIN', 'CHOWN', 'NET_BIND_SERVICE'])),
  drop: maybe(fc.subarray(['ALL', 'KILL'])),
});
const profile = fc.constantFrom(
  { type: 'Unconfined' },
  { type: 'RuntimeDefault' },
  { type: 'Localhost', localhostProfile: 'a.json' },
);
const container = (name: string) =>
  fc.record({
    name: fc.constant(name),
    image: fc.constantFrom('shop/web', 'shop/web:latest', 'shop/web:1'),
    ports: maybe(
      fc.constantFrom([{ containerPort: 80, hostPort: 80, protocol: 'TCP' }], [{ containerPort: 80 }]),
    ),
    securityContext: maybe(
      fc.record({
        privileged: maybe(fc.boolean()),
        runAsNonRoot: maybe(fc.boolean()),
        readOnlyRootFilesystem: maybe(fc.boolean()),
        capabilities: maybe(capabilities),
        seccompProfile: maybe(profile),
      }),
    ),
  });
const podSpec = fc.record({
  hostNetwork: maybe(fc.boolean()),
  hostPID: maybe(fc.boolean()),
  hostIPC: maybe(fc.boolean()),
  automountServiceAccountToken: maybe(fc.boolean()),
  securityContext: maybe(fc.record({ runAsNonRoot: maybe(fc.boolean()), seccompProfile: maybe(profile) })),
  initContainers: maybe(fc.tuple(container('first'))),
  containers: fc.tuple(container('web'), container('side')),
});
const template = (spec: object, restartPolicy: string) => ({
  metadata: { labels: { app: 'web' } },
  spec: { ...spec, restartPolicy },
});
const makers: readonly ((spec: object, replicas: number) => object)[] = [
  (spec, replicas) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: template(spec, 'Always') },
  }),
  (spec, replicas) => ({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    spec: {
      replicas,
      serviceName: 'web',
      selector: { matchLabels: { app: 'web' } },
      template: template(spec, 'Always'),
    },
  }),
  spec => ({
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    spec: { schedule: '@daily', jobTemplate: { spec: { template: template(spec, 'Never') } } },
  }),
  spec => ({ apiVersion: 'v1', kind: 'Pod', spec }),
];
const objects = fc
  .tuple(fc.constantFrom(...makers), podSpec, fc.integer({ min: 1, max: 3 }))
  .map(([make, spec, replicas]) => {
    const named = { ...make(spec, replicas), metadata: { name: 'web', namespace: 'shop-prod' } };
    // As a server gave it: without what was left out.
    return JSON.parse(JSON.stringify(named)) as KubeObject;
  });

function patched(object: KubeObject): KubeObject {
  return findingsOf([object]).reduce(
    (live, { patch }) => (patch === undefined ? live : strategicMerge({ live, patch })),
    object,
  );
}

test('all patches of an object leave a valid one in which the rules that gave them pass', () => {
  fc.assert(
    fc.property(objects, object => {
      const before = findingsOf([object]);
      fc.pre(before.every(({ rule }) => rule !== 'invalid'));
      const promised = new Set(before.flatMap(({ patch, rule }) => (patch === undefined ? [] : [rule])));
      const kept = new Set(before.flatMap(({ patch, rule }) => (patch === undefined ? [rule] : [])));
      const after = findingsOf([patched(object)]).map(({ rule }) => rule);
      expect(after.filter(rule => rule === 'invalid' || rule === 'schema')).toEqual([]);
      expect(after.filter(rule => promised.has(rule) && !kept.has(rule))).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test('a patch alone leaves a valid object as well: nobody has to take all of them', () => {
  fc.assert(
    fc.property(objects, object => {
      const before = findingsOf([object]);
      fc.pre(before.every(({ rule }) => rule !== 'invalid'));
      for (const { patch } of before) {
        if (patch === undefined) continue;
        const rules = findingsOf([strategicMerge({ live: object, patch })]).map(({ rule }) => rule);
        expect(rules).not.toContain('invalid');
        expect(rules).not.toContain('schema');
      }
    }),
    { numRuns: 100 },
  );
});

test('what is to be added heals the rule and breaks none', () => {
  for (const { breaks } of cases)
    for (const { adds, rule } of findingsIn(breaks)) {
      if (adds === undefined) continue;
      const added = findingsIn(`${breaks}\n---\n${JSON.stringify(adds satisfies JsonObject)}`);
      expect(added.map(finding => finding.rule)).not.toContain(rule);
      expect(added.filter(finding => finding.rule === 'invalid')).toEqual([]);
    }
});

test('of a pod and a job that run no patch is offered: the server takes none', () => {
  const pod =
    'apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\nspec: {containers: [{name: a, image: "a:1"}]}';
  expect(findingsIn(pod).some(({ patch }) => patch !== undefined)).toBe(true);
  const live = findingsIn(pod, { live: true });
  expect(live.some(({ patch }) => patch !== undefined)).toBe(false);
  expect(live.map(({ question }) => question)).toContain(
    'A Pod that runs cannot be changed so: where is its manifest?',
  );
});
