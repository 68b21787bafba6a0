import { expect, test } from 'vitest';
import type { Service, ServicePort } from '../../src/kubernetes/kinds/network.ts';
import type { Pod } from '../../src/kubernetes/kinds/pod.ts';
import { targetPortIn } from '../../src/kubernetes/service-endpoints.ts';

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-1', namespace: 'shop' },
  spec: { containers: [{ name: 'web', ports: [{ name: 'http', containerPort: 8080 }] }] },
};

function serviceOf(port: ServicePort, clusterIP = '10.0.0.9'): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { clusterIP, ports: [port] } };
}

test.each([
  ['a number', serviceOf({ port: 80, targetPort: 8081 }), 8081],
  ['a name of the pod', serviceOf({ port: 80, targetPort: 'http' }), 8080],
  ['a name that the pod has not', serviceOf({ port: 80, targetPort: 'grpc' }), undefined],
  ['nothing, which is the same port', serviceOf({ port: 80 }), 80],
  [
    'a number behind no address, where nothing translates',
    serviceOf({ port: 80, targetPort: 8081 }, 'None'),
    80,
  ],
  ['a port of UDP, which no line carries', serviceOf({ port: 80, protocol: 'UDP' }), undefined],
  ['another port', serviceOf({ port: 81, targetPort: 8081 }), undefined],
])('port 80 of a service whose target is %s', (_what, service, leadsTo) => {
  expect(targetPortIn(pod, { service, port: 80 })).toBe(leadsTo);
});
