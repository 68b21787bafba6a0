import { describe, expect, test } from 'vitest';
import { clientAddressesAnalyzer } from '../../../../src/diagnosis/analyzers/network/client-addresses.ts';
import { diagnose } from '../../../../src/diagnosis/diagnose.ts';
import { healedBy } from '../../../support/healed-by.ts';
import { deployment, namespace, service } from '../../../support/network-objects.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';

const found = (documents: string, rest = {}) =>
  clientAddressesAnalyzer
    .analyze(snapshotOf(documents, rest))
    .map(({ code, object }) => `${code} ${object.kind}/${object.name}`);

const database =
  namespace('shop') +
  deployment('database') +
  service('database', { ports: '[{port: 5432, targetPort: 8080}]' });
const client = (container: string) => deployment('client', { container });
const variable = (value: string, name = 'DATABASE_URL') =>
  client(`env: [{name: ${name}, value: "${value}"}]`);

describe('a host that is no service', () => {
  test.each([
    ['a URL', variable('postgres://databse:5432/app')],
    ['a full name', variable('postgres://databse.shop.svc.cluster.local:5432/app')],
    ['a host by the name of its variable', variable('databse', 'DATABASE_HOST')],
    ['a name and a namespace', variable('databse.shop:5432', 'DATABASE_ADDR')],
  ])('is found from the spec and healed where one is like it: %s', (_, documents) => {
    const { before, after } = healedBy(database + documents);
    expect(before).toMatchObject([
      { code: 'HOST_NAME_UNKNOWN', object: { kind: 'Deployment', name: 'client' } },
    ]);
    expect(after).toEqual([]);
  });

  test('lies in the ConfigMap where that has it, once for all who read it', () => {
    const config = `---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {DATABASE_URL: "postgres://databse:5432/app"}
`;
    const from = 'envFrom: [{configMapRef: {name: settings}}]';
    const { before, after } = healedBy(database + config + client(from));
    expect(before).toMatchObject([
      { code: 'HOST_NAME_UNKNOWN', object: { kind: 'ConfigMap', name: 'settings' } },
    ]);
    expect(after).toEqual([]);
  });

  test.each([
    ['an argument with a flag', 'args: ["--database=postgres://gone.shop.svc:5432/app"]'],
    ['a flag and its value', 'args: ["--db-host", "gone.shop.svc"]'],
    ['a script that waits', 'command: [sh, -c, "until nc -z gone.shop.svc 5432; do sleep 1; done"]'],
  ])('is found in %s', (_, container) => {
    expect(found(database + client(container))).toEqual(['HOST_NAME_UNKNOWN Deployment/client']);
  });

  test('has no fix where a password stands beside it: what leaves is masked', () => {
    const [draft] = clientAddressesAnalyzer.analyze(
      snapshotOf(database + variable('postgres://app:secret@databse.shop.svc:5432/app')),
    );
    expect(draft).toMatchObject({ code: 'HOST_NAME_UNKNOWN', fixes: [] });
    expect(draft?.question).toBeDefined();
  });

  test.each([
    ['a name of the world', variable('https://api.example.com/v1')],
    ['a name of two words whose second is no namespace', variable('https://example.com')],
    ['an address of numbers', variable('http://10.0.0.7:80')],
    ['the pod itself', variable('http://localhost:8080')],
    ['what the program listens on', variable('databse:5432', 'LISTEN_ADDR')],
    ['an image', variable('databse:5432', 'IMAGE')],
    ['a word that is like nothing', variable('http://inventory:80')],
    ['a pod of a headless Service', variable('postgres://database-0.database:5432')],
    [
      'a host that the pod knows by itself',
      deployment('client', {
        pod: 'hostAliases: [{ip: 10.0.0.1, hostnames: [databse]}]',
        container: 'env: [{name: DATABASE_URL, value: "postgres://databse:5432"}]',
      }),
    ],
  ])('is none for %s', (_, documents) => {
    expect(found(database + documents)).toEqual([]);
  });

  test('is no finding where services could not be read', () => {
    expect(
      found(database + variable('postgres://gone.shop.svc:5432'), {
        unread: [{ kind: 'Service', namespace: 'shop', why: 'not allowed' }],
      }),
    ).toEqual([]);
    expect(found(variable('postgres://gone.other.svc:5432'), { namespaces: ['shop'] })).toEqual([]);
  });

  test('is told by the log where no setting names it', () => {
    const pod =
      '---\napiVersion: v1\nkind: Pod\nmetadata: {name: job, namespace: shop}\nspec: {containers: [{name: main}]}\n';
    const log = (line: string) => ({
      logs: new Map([['shop/job/main', { lines: [line], previous: false }]]),
    });
    expect(
      found(database + pod, log('dial tcp: lookup inventory.shop.svc on 10.43.0.10:53: no such host')),
    ).toEqual(['HOST_NAME_UNKNOWN Pod/job']);
    expect(found(database + pod, log('getaddrinfo ENOTFOUND api.example.com'))).toEqual([]);
    expect(found(database + pod, log('FATAL cannot reach the queue: connection refused'))).toEqual([]);
  });
});

describe('a port that the service does not offer', () => {
  test('is found from the spec, and healed where it has one', () => {
    const { before, after } = healedBy(database + variable('postgres://database:5433/app'));
    expect(before).toMatchObject([
      { code: 'HOST_PORT_NOT_OFFERED', object: { kind: 'Deployment', name: 'client' } },
    ]);
    expect(after).toEqual([]);
  });

  test('is found where only the scheme says it', () => {
    expect(found(database + variable('http://database/'))).toEqual([
      'HOST_PORT_NOT_OFFERED Deployment/client',
    ]);
  });

  test('is mended where the setting stands that has the port', () => {
    const split = client('env: [{name: DB_HOST, value: database}, {name: DB_PORT, value: "5433"}]');
    const { before, after } = healedBy(database + split);
    expect(before).toMatchObject([
      { code: 'HOST_PORT_NOT_OFFERED', fixes: [{ arguments: { env: ['DB_PORT=5432'] } }] },
    ]);
    expect(after).toEqual([]);
  });

  test('is none at a headless service', () => {
    const headless =
      deployment('db') +
      service('db', { spec: 'clusterIP: None\nselector: {app: db}', ports: '[{port: 5432}]' });
    expect(found(headless + variable('postgres://db:6000'))).toEqual([]);
  });
});

const looksFor = (host: string) =>
  new Map([['shop/web-1/web', { lines: [`redis: lookup ${host}: no such host`], previous: false }]]);
const seeker = `---
apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: shop, creationTimestamp: "2026-11-20T00:00:00Z"}
spec: {nodeName: n1, containers: [{name: web, image: "shop/web:1", env: [{name: REDIS, value: "cache:6379"}]}]}
status: {phase: Running, conditions: [{type: Ready, status: "False", lastTransitionTime: "2026-11-20T00:00:00Z"}], containerStatuses: [{name: web, ready: false, restartCount: 0, state: {running: {}}}]}
`;

test('a name that another Service stands for in vain is the fault of that Service', () => {
  const alias = `---
apiVersion: v1
kind: Service
metadata: {name: cache, namespace: shop}
spec: {type: ExternalName, externalName: redis.data.svc.cluster.local}
`;
  const { findings } = diagnose(
    snapshotOf(seeker + alias, { logs: looksFor('redis.data.svc.cluster.local') }),
  );
  expect(findings.map(({ code }) => code)).toEqual(['EXTERNAL_NAME_INVALID']);
  expect(findings[0]?.explains?.join(' ')).toContain('HOST_NAME_UNKNOWN');
});

test('a name of a pod whose set lacks its headless Service is the fault of the set', () => {
  const set = `---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop, creationTimestamp: "2026-11-20T00:00:00Z"}
spec: {replicas: 1, serviceName: db-pods, selector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: "shop/db:1", ports: [{containerPort: 5432}]}]}}}
status: {replicas: 1, readyReplicas: 1}
`;
  const { findings } = diagnose(
    snapshotOf(seeker + set, { logs: looksFor('db-0.db-pods.shop.svc.cluster.local') }),
  );
  expect(findings.map(({ code }) => code)).toEqual(['HEADLESS_SERVICE_MISSING']);
});
