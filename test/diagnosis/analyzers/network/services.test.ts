import { describe, expect, test } from 'vitest';
import { externalNamesAnalyzer } from '../../../../src/diagnosis/analyzers/network/external-names.ts';
import { servicesAnalyzer } from '../../../../src/diagnosis/analyzers/network/services.ts';
import { diagnose } from '../../../../src/diagnosis/diagnose.ts';
import { healedBy } from '../../../support/healed-by.ts';
import { deployment, endpoints, service } from '../../../support/network-objects.ts';
import { snapshotOf, takenAt } from '../../../support/snapshot-of.ts';

const found = (documents: string, rest = {}) =>
  servicesAnalyzer
    .analyze(snapshotOf(documents, rest))
    .map(({ code, object }) => `${code} ${object.kind}/${object.name}`);

const ago = (minutes: number) => new Date(takenAt.getTime() - minutes * 60_000).toISOString();

const unreadyPod = (minutes: number, container = '', name = 'api') => `---
apiVersion: v1
kind: Pod
metadata:
  {name: ${name}-1, namespace: shop, labels: {app: ${name}}, creationTimestamp: "${ago(minutes)}", ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: ${name}, uid: shop-${name}, controller: true}]}
spec: {containers: [{name: web${container}}]}
status: {phase: Running, conditions: [{type: Ready, status: "False"}]}
`;

describe('a selector that matches nothing', () => {
  test.each([
    ['a slip in the value', 'selector: {app: apii}'],
    ['a slip in the key', 'selector: {aap: api}'],
    ['one label too many', 'selector: {app: api, tier: front}'],
  ])('is found from the spec alone, and healed where one workload fits: %s', (_, spec) => {
    const { before, after } = healedBy(deployment('api') + deployment('cart') + service('api', { spec }));
    expect(before.map(({ code }) => code)).toEqual(['SERVICE_SELECTS_NOTHING']);
    expect(after).toEqual([]);
  });

  test('is healed by no guess where two workloads fit', () => {
    const two = `${deployment('api-a')}${deployment('api-b')}${service('web', { spec: 'selector: {app: api-c}' })}`;
    expect(diagnose(snapshotOf(two)).findings).toMatchObject([
      { code: 'SERVICE_SELECTS_NOTHING', fixes: [], question: 'Which workload is web meant to lead to?' },
    ]);
  });

  test('is healed by no selector with which the ports would not fit', () => {
    const api =
      deployment('api') +
      service('api', { spec: 'selector: {app: apii}', ports: '[{port: 80, targetPort: web}]' });
    expect(diagnose(snapshotOf(api)).findings[0]?.fixes).toEqual([]);
  });

  test('of another namespace says where the workload is', () => {
    const [finding] = servicesAnalyzer.analyze(
      snapshotOf(deployment('api', { namespace: 'other' }) + service('api')),
    );
    expect(finding?.cause).toContain('namespace');
    expect(finding?.evidence.join()).toContain('Deployment/api in other');
  });

  test.each([
    ['a workload that is scaled to zero has the labels', deployment('api', { replicas: 0 }) + service('api')],
    ['pods of an operator are in the endpoints', service('api') + endpoints('api', [true])],
    [
      'labels that controllers add',
      deployment('api') + service('api', { spec: 'selector: {app: api, pod-template-hash: abc}' }),
    ],
    ['a Service without a selector is somebody else’s', service('api', { spec: 'type: ClusterIP' })],
    [
      'a Service that goes',
      service('api').replace('metadata: {', 'metadata: {deletionTimestamp: "2026-11-21T11:59:59Z", '),
    ],
  ])('is none where %s', (_, documents) => {
    expect(found(documents)).toEqual([]);
  });

  test('is no finding where workloads could not be read', () => {
    expect(found(service('api'), { unread: [{ kind: 'Deployment', why: 'not allowed' }] })).toEqual([]);
    expect(
      found(service('api') + endpoints('api', []), { unread: [{ kind: 'Deployment', why: 'not allowed' }] }),
    ).toEqual(['SERVICE_SELECTS_NOTHING Service/api']);
  });

  test('explains those whose log says that they cannot reach it', () => {
    const client = deployment('client', { status: '{replicas: 1}' });
    const pod = unreadyPod(60, '', 'client');
    const documents = client + pod + deployment('api') + service('api', { spec: 'selector: {app: apii}' });
    const logs = new Map([
      [
        'shop/client-1/web',
        { lines: ['dial tcp: connect to http://api:80 failed: connection refused'], previous: false },
      ],
    ]);
    const [draft] = servicesAnalyzer.analyze(snapshotOf(documents, { logs }));
    expect(draft?.breaks).toMatchObject([{ kind: 'Deployment', name: 'client' }]);
  });
});

describe('a service whose pods are not ready', () => {
  const all = (minutes: number, container = '') =>
    deployment('api', { replicas: 1, status: '{replicas: 1}' }) +
    service('api') +
    endpoints('api', [false]) +
    unreadyPod(minutes, container);

  test('is a sign of its workload', () => {
    const [draft] = servicesAnalyzer.analyze(snapshotOf(all(60)));
    expect(draft).toMatchObject({
      code: 'SERVICE_UNREADY',
      dependsOn: [{ kind: 'Deployment', name: 'api' }],
    });
    expect(draft?.depth).toBeUndefined();
  });

  test.each([
    ['pods that are starting', all(1)],
    [
      'an old pod that was ready a moment ago',
      all(600).replace('status: "False"}', `status: "False", lastTransitionTime: "${ago(1)}"}`),
    ],
    ['pods that may take ten minutes', all(9, ', startupProbe: {periodSeconds: 10, failureThreshold: 60}')],
    [
      'one endpoint that is ready',
      deployment('api', { status: '{replicas: 2}' }) +
        service('api') +
        endpoints('api', [false, true]) +
        unreadyPod(60),
    ],
    ['nothing that a controller has looked at', deployment('api') + service('api') + endpoints('api', [])],
  ])('is none with %s', (_, documents) => {
    expect(found(documents)).toEqual([]);
  });
});

test.each([
  ['10.0.0.4', 'address of numbers'],
  ['https://api.example.com', 'URL'],
  ['api.gone.svc.cluster.local', 'does not exist'],
])('an external name that nobody resolves is told: %s', (name, says) => {
  const [draft] = externalNamesAnalyzer.analyze(
    snapshotOf(service('out', { spec: `type: ExternalName\nexternalName: "${name}"` })),
  );
  expect(draft).toMatchObject({ code: 'EXTERNAL_NAME_INVALID', summary: expect.stringContaining(says) });
});

test('an external name of the world is left alone', () => {
  expect(
    externalNamesAnalyzer.analyze(
      snapshotOf(service('out', { spec: 'type: ExternalName\nexternalName: api.example.com' })),
    ),
  ).toEqual([]);
});
