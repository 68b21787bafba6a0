import { expect, test } from 'vitest';
import { servicePortsAnalyzer } from '../../../../src/diagnosis/analyzers/network/service-ports.ts';
import { diagnose } from '../../../../src/diagnosis/diagnose.ts';
import { healedBy } from '../../../support/healed-by.ts';
import { deployment, endpoints, service } from '../../../support/network-objects.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';

const codes = (documents: string, rest = {}) =>
  servicePortsAnalyzer.analyze(snapshotOf(documents, rest)).map(({ code }) => code);

test.each([
  ['a name that no container has', '[{port: 80, targetPort: web}]', 'SERVICE_PORT_NAME_UNKNOWN'],
  ['a name with a slip', '[{port: 80, targetPort: htpp}]', 'SERVICE_PORT_NAME_UNKNOWN'],
  ['a number beside the only declared one', '[{port: 80, targetPort: 8081}]', 'SERVICE_PORT_NOT_SERVED'],
  ['no target, so the port itself', '[{port: 80}]', 'SERVICE_PORT_NOT_SERVED'],
  ['another protocol', '[{port: 80, targetPort: 8080, protocol: UDP}]', 'SERVICE_PROTOCOL_MISMATCH'],
])('a target port is wrong by the spec alone, and healed: %s', (_, ports, code) => {
  const { before, after } = healedBy(deployment('api') + service('api', { ports }));
  expect(before).toMatchObject([{ code, object: { kind: 'Service', name: 'api' } }]);
  expect(after).toEqual([]);
});

test.each([
  [
    'containers that declare nothing',
    deployment('api', { container: 'ports: []' }) +
      service('api', { ports: '[{port: 80, targetPort: 8081}]' }),
  ],
  [
    'a probe that asks there',
    deployment('api', {
      container: 'ports: [{containerPort: 9090}]\nreadinessProbe: {httpGet: {port: 8081}}',
    }) + service('api', { ports: '[{port: 80, targetPort: 8081}]' }),
  ],
  [
    'an argument that names it',
    deployment('api', { container: 'ports: [{containerPort: 9090}]\nargs: ["--listen=:8081"]' }) +
      service('api', { ports: '[{port: 80, targetPort: 8081}]' }),
  ],
  [
    'a second port beside the declared one',
    deployment('api') +
      service('api', {
        ports: '[{name: a, port: 80, targetPort: http}, {name: b, port: 81, targetPort: 9102}]',
      }),
  ],
  [
    'DNS that declares one of its two protocols',
    deployment('dns', { container: 'ports: [{containerPort: 53}]' }) +
      service('dns', { ports: '[{name: u, port: 53, protocol: UDP}, {name: t, port: 53}]' }),
  ],
  [
    'a headless Service',
    deployment('db', { container: 'ports: [{containerPort: 5432}]' }) +
      service('db', { spec: 'clusterIP: None\nselector: {app: db}', ports: '[{port: 5433}]' }),
  ],
  [
    'an init container that never ends',
    deployment('api', {
      container: 'ports: []',
      pod: 'initContainers: [{name: proxy, restartPolicy: Always, ports: [{name: http, containerPort: 8080}]}]',
    }) + service('api', { ports: '[{port: 80, targetPort: http}]' }),
  ],
])('is none with %s', (_, documents) => {
  expect(codes(documents)).toEqual([]);
});

test('clients that are refused tell of a port that nobody serves, where somebody is ready', () => {
  const client = `---
apiVersion: v1
kind: Pod
metadata: {name: client, namespace: shop}
spec: {containers: [{name: main}]}
`;
  const documents =
    deployment('api', { container: 'ports: []' }) +
    service('api', { ports: '[{port: 80, targetPort: 8081}]' }) +
    client;
  const logs = new Map([
    [
      'shop/client/main',
      {
        lines: ['Get "http://api.shop.svc/": dial tcp: api.shop.svc:80: connect: connection refused'],
        previous: false,
      },
    ],
  ]);
  expect(codes(documents + endpoints('api', [true]), { logs })).toEqual(['SERVICE_PORT_NOT_SERVED']);
  expect(codes(documents + endpoints('api', [false]), { logs })).toEqual([]);
});

test('a service before two workloads is judged by both', () => {
  const other = deployment('blue').replaceAll('{app: blue}', '{app: api}');
  expect(
    diagnose(
      snapshotOf(
        deployment('api', { container: 'ports: []' }) +
          other +
          service('api', { ports: '[{port: 80, targetPort: http}]' }),
      ),
    ).findings.filter(({ code }) => code.startsWith('SERVICE')),
  ).toEqual([]);
});
