import { expect, test } from 'vitest';
import type { Pod } from '../../src/kubernetes/kinds/pod.ts';
import { pathTo } from '../../src/kubernetes/network-path.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import type { ObjectView } from '../../src/kubernetes/object-view.ts';
import { isServed, readAddress } from '../../src/kubernetes/service-address.ts';

function pod(name: string, podIP: string): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop' },
    spec: { containers: [{ name }] },
    status: { phase: 'Running', podIP },
  };
}

function service(name: string, clusterIP: string): KubeObject {
  const spec = { clusterIP, ports: [{ port: 80, targetPort: 8080 }] };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'shop' }, spec };
}

function slice(name: string, ready: boolean): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace: 'shop', labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.42.0.2'], conditions: { ready } }],
    ports: [{ port: 8080 }],
  };
}

const asking = pod('asking', '10.42.0.9');
const objects: KubeObject[] = [
  asking,
  pod('web', '10.42.0.2'),
  service('web', '10.96.0.5'),
  service('direct', 'None'),
  service('empty', '10.96.0.6'),
  slice('web', true),
  slice('direct', true),
];
const view: ObjectView = {
  list: (kind, namespace) =>
    objects.filter(
      each => each.kind === kind && (namespace === undefined || each.metadata.namespace === namespace),
    ),
  get: ({ kind, name, namespace }) =>
    objects.find(
      ({ kind: own, metadata }) => own === kind && metadata.name === name && metadata.namespace === namespace,
    ),
};

test.each([
  ['localhost', 3000, 'asking:3000'],
  ['127.0.0.1', 3000, 'asking:3000'],
  ['web', 80, 'web:8080'],
  ['web.shop.svc.cluster.local.', 80, 'web:8080'],
  ['10.96.0.5', 80, 'web:8080'],
  ['10.42.0.2', 81, 'web:81'],
  ['direct', 81, 'web:81'],
  ['web', 81, 'refused at 10.96.0.5'],
  ['empty', 80, 'refused at 10.96.0.6'],
  ['web.ops', 80, 'unknown'],
  ['example.org.net', 80, 'unknown'],
  ['10.42.7.7', 80, 'unreachable at 10.42.7.7'],
])('%s:%i leads to %s', (host, port, expected) => {
  const end = pathTo(host, { port, from: asking, view });
  const told =
    end.kind === 'pod'
      ? `${end.pod.metadata.name}:${end.port}`
      : end.kind === 'unknown'
        ? 'unknown'
        : `${end.kind} at ${end.address}`;
  expect(told).toBe(expected);
});

test.each([
  ['http://web/path', true],
  ['web.shop:80', true],
  ['postgres://user:secret@web', false],
  ['web:81', false],
  ['empty:80', false],
  ['gone', false],
])('what a program is told by %s is served: %s', (text, served) => {
  const address = readAddress(text, 'shop');
  expect(address && isServed(address, view)).toBe(served);
});

test.each(['10.1.2.3:80', 'db.example.org:5432'])('%s is outside of the cluster', text => {
  expect(readAddress(text, 'shop')).toBeUndefined();
});
