import { describe, expect, test } from 'vitest';
import { headlessServicesAnalyzer } from '../../../../src/diagnosis/analyzers/network/headless-services.ts';
import { loadBalancersAnalyzer } from '../../../../src/diagnosis/analyzers/network/load-balancers.ts';
import { trafficPoliciesAnalyzer } from '../../../../src/diagnosis/analyzers/network/traffic-policies.ts';
import { healedBy } from '../../../support/healed-by.ts';
import { deployment, endpoints, service } from '../../../support/network-objects.ts';
import { snapshotOf, takenAt } from '../../../support/snapshot-of.ts';

const node = (name: string, spec = '{}') => `---
apiVersion: v1
kind: Node
metadata: {name: ${name}}
spec: ${spec}
status: {conditions: [{type: Ready, status: "True"}], allocatable: {cpu: "8", memory: 16Gi, pods: "110"}}
`;
const nodes = node('node-1') + node('node-2') + node('node-3');
const minutesAgo = (minutes: number) => new Date(takenAt.getTime() - minutes * 60_000).toISOString();

describe('a service that answers only beside its pods', () => {
  const codes = (documents: string) =>
    trafficPoliciesAnalyzer.analyze(snapshotOf(documents)).map(({ code, severity }) => `${severity} ${code}`);
  const status = '{replicas: 2, readyReplicas: 2, availableReplicas: 2, updatedReplicas: 2}';
  const local = service('api', { spec: 'internalTrafficPolicy: Local\nselector: {app: api}' });

  test('is found where it is asked on other nodes, and healed', () => {
    const client = deployment('web', { status, container: 'env: [{name: API_URL, value: "http://api:80"}]' });
    const { before, after } = healedBy(
      nodes + client + deployment('api', { status }) + local + endpoints('api', [true, true]),
    );
    expect(before).toMatchObject([
      { code: 'INTERNAL_TRAFFIC_DROPPED', severity: 'critical', object: { name: 'api' } },
    ]);
    expect(after).toEqual([]);
  });

  test.each([
    [
      'by the spec alone: fewer pods than nodes',
      nodes + deployment('api') + local,
      ['warning INTERNAL_TRAFFIC_DROPPED'],
    ],
    [
      'not where each node has one',
      nodes + deployment('api', { replicas: 3 }) + local + endpoints('api', [true, true, true]),
      [],
    ],
    [
      'not for nodes that take no pods',
      node('node-1') +
        node('node-2', '{unschedulable: true}') +
        node('node-3', '{taints: [{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}]}') +
        deployment('api') +
        local +
        endpoints('api', [true]),
      [],
    ],
    [
      'not where a DaemonSet serves it',
      nodes +
        deployment('api').replace('kind: Deployment', 'kind: DaemonSet') +
        local +
        endpoints('api', [true]),
      [],
    ],
    [
      'not where it has no pod at all, which is another fault',
      nodes + deployment('api') + local + endpoints('api', [false]),
      [],
    ],
    [
      'at its node ports',
      nodes +
        deployment('api') +
        service('api', { spec: 'type: NodePort\nexternalTrafficPolicy: Local\nselector: {app: api}' }) +
        endpoints('api', [true]),
      ['warning EXTERNAL_TRAFFIC_DROPPED'],
    ],
    [
      'behind a balancer, as a note',
      nodes +
        deployment('api') +
        service('api', { spec: 'type: LoadBalancer\nexternalTrafficPolicy: Local\nselector: {app: api}' }) +
        endpoints('api', [true]),
      ['note EXTERNAL_TRAFFIC_PARTLY'],
    ],
  ])('is told %s', (_, documents, expected) => {
    expect(codes(documents)).toEqual(expected);
  });
});

describe('a load balancer', () => {
  const codes = (documents: string) =>
    loadBalancersAnalyzer.analyze(snapshotOf(documents)).map(({ code }) => code);
  const pending = (minutes: number) =>
    service('api', { spec: 'type: LoadBalancer\nselector: {app: api}' }).replace(
      '2026-11-01T00:00:00Z',
      minutesAgo(minutes),
    );

  test('that has not come after five minutes is told, and before that is not', () => {
    expect(codes(pending(3))).toEqual([]);
    expect(codes(pending(6))).toEqual(['LOAD_BALANCER_PENDING']);
    expect(codes(`${pending(60)}status: {loadBalancer: {ingress: [{ip: 10.0.0.9}]}}\n`)).toEqual([]);
  });

  test('that failed is told at once, with the words of its controller', () => {
    const event = `---
apiVersion: v1
kind: Event
metadata: {name: e, namespace: shop}
involvedObject: {kind: Service, name: api, namespace: shop}
reason: AllocationFailed
message: 'Failed to allocate IP for "shop/api": no available IPs'
`;
    const [draft] = loadBalancersAnalyzer.analyze(snapshotOf(pending(1) + event));
    expect(draft).toMatchObject({
      confidence: 'certain',
      evidence: expect.arrayContaining([
        'AllocationFailed: Failed to allocate IP for "shop/api": no available IPs',
      ]),
    });
  });
});

describe('the names of the pods of a StatefulSet', () => {
  const set = (replicas: number, name = 'db') => `---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  replicas: ${replicas}
  serviceName: ${name}
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: "shop/db:1", ports: [{name: sql, containerPort: 5432}]}]}}
`;
  const codes = (documents: string, rest = {}) =>
    headlessServicesAnalyzer
      .analyze(snapshotOf(documents, rest))
      .map(({ code, severity }) => `${severity} ${code}`);
  const headless = service('db', {
    spec: 'clusterIP: None\nselector: {app: db}',
    ports: '[{name: sql, port: 5432}]',
  });
  const plain = service('db', {
    spec: 'clusterIP: 10.43.0.7\nselector: {app: db}',
    ports: '[{name: sql, port: 5432}]',
  });

  test('want a service that is missing: found from the spec, and healed', () => {
    const { before, after } = healedBy(set(3));
    expect(before).toMatchObject([
      { code: 'HEADLESS_SERVICE_MISSING', object: { kind: 'StatefulSet', name: 'db' } },
    ]);
    expect(after).toEqual([]);
  });

  test.each([
    ['of a headless service', set(3) + headless, []],
    ['of a service with an address', set(3) + plain, ['warning HEADLESS_SERVICE_NEEDED']],
    ['of one pod whose service has an address', set(1) + plain, ['note HEADLESS_SERVICE_WANTED']],
    [
      'of one pod that somebody asks for',
      set(1) + plain + deployment('web', { container: 'env: [{name: DB_HOST, value: db-0.db}]' }),
      ['warning HEADLESS_SERVICE_NEEDED'],
    ],
    ['that nobody named', set(3, '""'), []],
  ])('%s', (_, documents, expected) => {
    expect(codes(documents)).toEqual(expected);
  });

  test('are no finding where services could not be read', () => {
    expect(codes(set(3), { unread: [{ kind: 'Service', why: 'not allowed' }] })).toEqual([]);
  });
});
