import { expect, test } from 'vitest';
import { describeRef } from '../../src/core/ref.ts';
import type { Draft } from '../../src/diagnosis/analyzer.ts';
import { fold } from '../../src/diagnosis/fold.ts';
import { fc } from '../support/properties.ts';
import { snapshotOf } from '../support/snapshot-of.ts';

const shop = snapshotOf(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: database, namespace: shop}
spec:
  selector: {matchLabels: {app: database}}
  template:
    metadata: {labels: {app: database}}
    spec: {containers: [{name: main, image: postgres:17}]}
---
apiVersion: v1
kind: Service
metadata: {name: database, namespace: shop}
spec: {selector: {app: database}, ports: [{port: 5432}]}
`);

function draft(code: string, object: string, rest: Partial<Draft> = {}): Draft {
  const [kind = '', name = ''] = object.split('/');
  return {
    code,
    severity: 'critical',
    object: { kind, name, namespace: 'shop' },
    summary: code,
    evidence: [],
    confidence: 'certain',
    fixes: [],
    ...rest,
  };
}

const database = { kind: 'Service', name: 'database', namespace: 'shop' };

test('a database that is down explains its clients and its service, through the service that selects it', () => {
  const findings = fold(
    [
      draft('CRASH_LOOP', 'Deployment/api', { dependsOn: [database] }),
      draft('NO_ENDPOINTS', 'Service/database', { dependsOn: [database] }),
      draft('IMAGE_MISSING', 'Deployment/database'),
    ],
    shop,
  );
  expect(findings.map(({ code }) => code)).toEqual(['IMAGE_MISSING']);
  expect(findings[0]?.explains).toEqual([
    'Deployment/api in shop (CRASH_LOOP)',
    'Service/database in shop (NO_ENDPOINTS)',
  ]);
});

test('a symptom of a symptom folds under the first cause', () => {
  const secret = { kind: 'Secret', name: 'db', namespace: 'shop' };
  const findings = fold(
    [
      draft('CRASH_LOOP', 'Deployment/api', { dependsOn: [database] }),
      draft('CONFIG_ERROR', 'Deployment/database', { dependsOn: [secret] }),
      draft('SECRET_MISSING', 'Secret/db'),
    ],
    shop,
  );
  expect(findings.map(({ code }) => code)).toEqual(['SECRET_MISSING']);
  expect(findings[0]?.explains).toHaveLength(2);
});

test('of two that explain each other one stays', () => {
  const a = { kind: 'Deployment', name: 'a', namespace: 'shop' };
  const b = { kind: 'Deployment', name: 'b', namespace: 'shop' };
  const findings = fold(
    [
      draft('CRASH_LOOP', 'Deployment/a', { dependsOn: [b] }),
      draft('CRASH_LOOP', 'Deployment/b', { dependsOn: [a] }),
    ],
    shop,
  );
  expect(findings).toHaveLength(1);
});

test('on one object the deeper remark stays', () => {
  const findings = fold(
    [draft('ROLLOUT_STUCK', 'Deployment/a'), draft('IMAGE_MISSING', 'Deployment/a', { depth: 2 })],
    shop,
  );
  expect(findings.map(({ code }) => code)).toEqual(['IMAGE_MISSING']);
});

test('notes are not listed', () => {
  expect(fold([draft('SINGLE_REPLICA', 'Deployment/a', { severity: 'note' })], shop)).toEqual([]);
});

test('whoever keeps something critical from working is critical itself', () => {
  const findings = fold(
    [
      draft('CRASH_LOOP', 'Deployment/api', {
        dependsOn: [{ kind: 'Secret', name: 's', namespace: 'shop' }],
      }),
      draft('SECRET_STALE', 'Secret/s', { severity: 'warning' }),
    ],
    shop,
  );
  expect(findings).toMatchObject([{ code: 'SECRET_STALE', severity: 'critical' }]);
});

test('a symptom folds under the deepest of what breaks it', () => {
  const api = { kind: 'Deployment', name: 'api', namespace: 'shop' };
  const findings = fold(
    [
      draft('NOT_READY', 'Deployment/api'),
      draft('A_SHALLOW', 'ConfigMap/a', { breaks: [api], depth: 1 }),
      draft('Z_DEEP', 'ConfigMap/z', { breaks: [api], depth: 2, confidence: 'likely' }),
    ],
    shop,
  );
  expect(findings.find(({ code }) => code === 'Z_DEEP')?.explains).toEqual([
    'Deployment/api in shop (NOT_READY)',
  ]);
});

test('a fault of a workload explains what is said of its pods, its budget and the route to its service', () => {
  const cluster = snapshotOf(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, uid: u1}
spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: []}}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-1, namespace: shop, uid: u2, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: u1, controller: true}]}
spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: []}}}
---
apiVersion: v1
kind: Pod
metadata: {name: web-1-a, namespace: shop, uid: u3, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-1, uid: u2, controller: true}]}
spec: {containers: []}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec: {rules: [{backendRefs: [{name: web, port: 80}]}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: checks}
webhooks: [{name: a.b.c, clientConfig: {service: {name: web, namespace: shop}}}]
`);
  const [root, ...others] = fold(
    [
      draft('IMAGE_MISSING', 'Deployment/web', { depth: 2 }),
      draft('NOT_READY', 'Pod/web-1-a', { depth: 1 }),
      draft('BUDGET', 'PodDisruptionBudget/web'),
      draft('ROUTE', 'HTTPRoute/web'),
      { ...draft('WEBHOOK', ''), object: { kind: 'ValidatingWebhookConfiguration', name: 'checks' } },
    ],
    cluster,
  );
  expect(others).toEqual([]);
  expect(root?.explains).toHaveLength(4);
});

const names = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const refs = fc.array(
  names.map(name => ({ kind: 'Deployment', name, namespace: 'shop' })),
  { maxLength: 3 },
);
const anyDraft = fc
  .record({
    code: fc.constantFrom('ONE', 'TWO', 'THREE'),
    name: names,
    severity: fc.constantFrom('critical' as const, 'warning' as const),
    depth: fc.constantFrom(0, 1, 2),
    breaks: refs,
    dependsOn: refs,
  })
  .map(({ code, name, ...rest }) => draft(code, `Deployment/${name}`, rest));

test('no draft is lost: each is a finding or is explained by one, whatever depends on what', () => {
  fc.assert(
    fc.property(fc.array(anyDraft, { minLength: 1, maxLength: 12 }), drafts => {
      const findings = fold(drafts, shop);
      const told = findings.flatMap(({ object, code, explains = [] }) => [
        `${describeRef(object)} (${code})`,
        ...explains,
      ]);
      expect(findings.length).toBeGreaterThan(0);
      if (told.some(each => each.startsWith('and '))) return;
      for (const { object, code } of drafts) expect(told).toContain(`${describeRef(object)} (${code})`);
    }),
  );
});

test('the order of the drafts does not matter', () => {
  const shuffled = fc
    .array(anyDraft, { maxLength: 12 })
    .chain(drafts =>
      fc.tuple(
        fc.constant(drafts),
        fc.shuffledSubarray(drafts, { minLength: drafts.length, maxLength: drafts.length }),
      ),
    );
  fc.assert(
    fc.property(shuffled, ([drafts, others]) => {
      expect(fold(others, shop)).toEqual(fold(drafts, shop));
    }),
  );
});

test('a chain of five thousand causes ends in one finding', () => {
  const drafts = Array.from({ length: 5_000 }, (_, index) =>
    draft('CRASH_LOOP', `Deployment/d${index}`, {
      dependsOn: [{ kind: 'Deployment', name: `d${index + 1}`, namespace: 'shop' }],
    }),
  );
  const findings = fold(drafts, shop);
  expect(findings.map(({ object }) => object.name)).toEqual(['d4999']);
  expect(findings[0]?.explains?.at(-1)).toBe('and 4991 more');
});

test('whoever breaks hundreds of things in one namespace pushes out nothing of another', () => {
  const evil = Array.from({ length: 300 }, (_, index) => [
    draft('CAUSE', `Secret/q${index}`, {
      object: { kind: 'Secret', name: `q${index}`, namespace: 'evil' },
      breaks: [{ kind: 'Deployment', name: `a${index}`, namespace: 'evil' }],
      depth: 2,
    }),
    draft('SYMPTOM', `Deployment/a${index}`, {
      object: { kind: 'Deployment', name: `a${index}`, namespace: 'evil' },
    }),
  ]).flat();
  const real = draft('REAL', 'Deployment/database');
  const mild = draft('MILD', 'Deployment/other', {
    severity: 'warning',
    object: { kind: 'Deployment', name: 'other', namespace: 'blog' },
  });
  const findings = fold([...evil, mild, real], shop);
  expect(findings).toHaveLength(302);
  expect(findings.slice(0, 2).map(({ code }) => code)).toEqual(['CAUSE', 'REAL']);
  // The graver still comes first.
  expect(findings.at(-1)?.code).toBe('MILD');
});
