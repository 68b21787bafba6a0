import { afterAll, beforeAll, expect, test } from 'vitest';
import { fc } from '../support/properties.ts';
import { type Meddled, startMeddled } from './meddler.ts';

let running: Meddled;

beforeAll(async () => {
  running = await startMeddled();
});
afterAll(() => running.stop());

/** What has made paths, queries and parsers go wrong elsewhere. */
const hostile = [
  '?dryRun=All',
  '?fieldManager=x#',
  '#',
  '..',
  '../secrets/db',
  '%2e%2e',
  '%2E%2E%2fsecrets',
  '%00',
  '/',
  '\\',
  '//evil',
  'web/scale',
  'web/eviction',
  'db?watch=1',
  'a\r\nHost: evil',
  '@evil:80',
  ':',
  ';',
  '&dryRun=None',
  'wéb',
  'ｗｅｂ',
  '\u202Eweb',
  '\u0000',
  '__proto__',
  'constructor',
  'toString',
  '*',
  ' ',
  "'",
  '"',
  '{}',
  '-',
  '.',
];
const real = ['web', 'api', 'settings', 'db', 'shop', 'other', 'kube-system', 'default'];

const piece = fc.oneof(
  fc.constantFrom(...hostile),
  fc.constantFrom(...real),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const name = fc.oneof(
  piece,
  fc.array(piece, { minLength: 2, maxLength: 3 }).map(pieces => pieces.join('')),
);
const kind = fc.oneof(
  fc.constantFrom(
    'Deployment',
    'deploy',
    'pods',
    'Pod',
    'ConfigMap',
    'Secret',
    'Namespace',
    'Node',
    'Service',
  ),
  fc.constantFrom('deployments/scale', 'pods/eviction', 'serviceaccounts/token', 'pods/exec', 'nodes/proxy'),
  fc.constantFrom('SelfSubjectAccessReview', 'TokenRequest', 'Binding', 'CertificateSigningRequest', 'Event'),
  name,
);
const apiVersion = fc.oneof(
  fc.constantFrom('v1', 'apps/v1', 'authentication.k8s.io/v1', 'x/y/z', '../v1', 'v1?dryRun=All'),
  name,
);
const there = fc.constantFrom(
  { kind: 'Deployment', name: 'web', namespace: 'shop' },
  { kind: 'ConfigMap', name: 'settings', namespace: 'shop' },
  { kind: 'Secret', name: 'db', namespace: 'shop' },
);
const anyRef = fc.record({ kind, name, namespace: name, apiVersion }, { requiredKeys: ['kind', 'name'] });

/** What is there, with at most one field that is not as it should be: so it gets further than nonsense does. */
const ref = fc.oneof(
  there,
  fc
    .tuple(there, anyRef, fc.constantFrom('kind', 'name', 'namespace', 'apiVersion'))
    .map(([good, bad, field]) => ({ ...good, [field]: bad[field] ?? '..' })),
  anyRef,
);

const calls = fc.oneof(
  fc.tuple(
    fc.constant('k8s_get'),
    fc.record({ target: ref, field: fc.oneof(name, fc.constant('a.b[0]')) }, { requiredKeys: ['target'] }),
  ),
  fc.tuple(
    fc.constant('k8s_list'),
    fc.record(
      { kind, namespace: name, labelSelector: name, fieldSelector: name, cursor: name },
      { requiredKeys: ['kind'] },
    ),
  ),
  fc.tuple(
    fc.constant('k8s_logs'),
    fc.record({ target: ref, container: name, grep: name }, { requiredKeys: ['target'] }),
  ),
  fc.tuple(fc.constant('k8s_events'), fc.record({ target: ref, namespace: name }, { requiredKeys: [] })),
  fc.tuple(fc.constant('k8s_describe'), fc.record({ target: ref })),
  fc.tuple(fc.constant('k8s_top'), fc.record({ namespace: name, labelSelector: name }, { requiredKeys: [] })),
  fc.tuple(
    fc.constant('k8s_explain'),
    fc.record({ path: fc.oneof(kind, name), apiVersion }, { requiredKeys: ['path'] }),
  ),
  fc.tuple(
    fc.constant('k8s_access'),
    fc.record(
      { verb: fc.constantFrom('get', 'create'), resource: kind, name, namespace: name, as: name },
      { requiredKeys: ['verb', 'resource'] },
    ),
  ),
  fc.tuple(fc.constant('k8s_scale'), fc.record({ target: ref, replicas: fc.integer({ min: -1, max: 501 }) })),
  fc.tuple(
    fc.constant('k8s_delete'),
    fc.oneof(
      fc.record({ target: ref }),
      fc.record({ matching: fc.record({ kind, namespace: name, labelSelector: name }) }),
    ),
  ),
  fc.tuple(
    fc.constant('k8s_rollout'),
    fc.record({ target: ref, action: fc.constantFrom('restart', 'undo', 'pause', 'status', 'history') }),
  ),
  fc.tuple(
    fc.constant('k8s_apply'),
    fc
      .record({
        apiVersion: fc.oneof(fc.constant('v1'), apiVersion),
        kind: fc.oneof(fc.constant('ConfigMap'), kind),
        metadata: fc.record({
          name,
          namespace: fc.oneof(fc.constant('shop'), name),
          labels: fc.dictionary(name, name, { maxKeys: 2 }),
        }),
        data: fc.dictionary(name, name, { maxKeys: 2 }),
      })
      .map(object => ({ manifest: JSON.stringify(object) })),
  ),
  fc.tuple(fc.constantFrom('changes_get', 'changes_undo'), fc.record({ id: name })),
  fc.tuple(name, fc.anything()),
);

test('no name, kind or version makes a call throw, write before an approval, or ask for another path', async () => {
  const answered = new Set<string>();
  await fc.assert(
    fc.asyncProperty(calls, async ([tool, input]) => {
      running.passed.length = 0;
      const result = await running.call(tool, input);
      answered.add(result.status);
      expect(['answered', 'nothing_to_do', 'approval_required', 'denied', 'failed']).toContain(result.status);
      expect(result.data['code']).not.toBe('INTERNAL');
      expect(running.writes()).toEqual([]);
      for (const { path } of running.passed) {
        expect(path).toMatch(/^\/(?:api|apis|openapi\/v3|version)(?:[/?]|$)/);
        expect(new URL(path, 'http://cluster').pathname).toBe(path.split('?')[0]);
        expect(path).not.toMatch(/\/(?:exec|attach|portforward|proxy|token|eviction|binding)(?:[/?]|$)/);
      }
    }),
    { numRuns: 2_000 },
  );
  // The names that exist must have got through, or nothing was tried.
  expect([...answered]).toEqual(expect.arrayContaining(['answered', 'approval_required', 'failed']));
});
