import { describe, expect, test } from 'vitest';
import { diagnose } from '../../../../src/diagnosis/diagnose.ts';
import { healedBy } from '../../../support/healed-by.ts';
import { deployment, namespace, service } from '../../../support/network-objects.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';

const gatewayClass = `---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: envoy, creationTimestamp: "2026-11-01T00:00:00Z"}
spec: {controllerName: example.com/envoy}
status: {conditions: [{type: Accepted, status: "True"}]}
`;

const gateway = ({ listener = 'hostname: "*.example.com"', className = 'envoy', status = '' } = {}) => `---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec: {gatewayClassName: ${className}, listeners: [{name: web, port: 80, protocol: HTTP, ${listener}}]}
${status}
`;

const route = ({
  parent = 'name: edge',
  hosts = '[a.example.com]',
  backend = 'name: api, port: 80',
  place = 'shop',
  status = '',
} = {}) => `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: api, namespace: ${place}}
spec: {parentRefs: [{${parent}}], hostnames: ${hosts}, rules: [{backendRefs: [{${backend}}]}]}
${status}
`;

const grant = `---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: any, namespace: shop}
spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: front}], to: [{group: "", kind: Service}]}
`;

const api =
  namespace('shop') +
  deployment('api') +
  service('api') +
  deployment('orders') +
  service('orders') +
  gatewayClass;
const found = (documents: string, rest = {}) =>
  diagnose(snapshotOf(documents, rest)).findings.map(
    ({ code, object }) => `${code} ${object.kind}/${object.name}`,
  );

test('a route that its Gateway takes and whose service is there is well', () => {
  expect(found(api + gateway() + route())).toEqual([]);
  expect(
    found(
      api +
        gateway() +
        route({ parent: 'name: edge, sectionName: web, port: 80', hosts: '["*.example.com"]' }),
    ),
  ).toEqual([]);
});

describe('a route or Gateway with a slip is found and healed:', () => {
  test.each([
    ['its Gateway', gateway() + route({ parent: 'name: egde' }), 'ROUTE_PARENT_MISSING'],
    ['its listener', gateway() + route({ parent: 'name: edge, sectionName: wbe' }), 'ROUTE_LISTENER_UNKNOWN'],
    ['its service', gateway() + route({ backend: 'name: ordres, port: 80' }), 'ROUTE_BACKEND_MISSING'],
    ['its port', gateway() + route({ backend: 'name: api, port: 8080' }), 'ROUTE_PORT_UNKNOWN'],
    ['its class', gateway({ className: 'envoi' }) + route(), 'GATEWAY_CLASS_MISSING'],
  ])('%s', (_, documents, code) => {
    const { before, after } = healedBy(api + documents);
    expect(before).toMatchObject([{ code }]);
    expect(after).toEqual([]);
  });

  test('its right to a service of another namespace', () => {
    const open = gateway({ listener: 'allowedRoutes: {namespaces: {from: All}}' });
    const from = route({
      place: 'front',
      parent: 'name: edge, namespace: shop',
      backend: 'name: api, namespace: shop, port: 80',
    });
    // Whoever may write a route is not whoever may let it in.
    expect(diagnose(snapshotOf(api + namespace('front') + open + from)).findings).toMatchObject([
      { code: 'ROUTE_GRANT_MISSING', fixes: [], question: expect.stringContaining('in shop') as string },
    ]);
    expect(found(api + namespace('front') + open + from + grant)).toEqual([]);
  });
});

test.each([
  ['takes only routes of its own namespace', '', ['ROUTE_NAMESPACE_NOT_ALLOWED HTTPRoute/api']],
  [
    'takes those of namespaces with a label that this has',
    ', allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {team: front}}}}',
    [],
  ],
  [
    'takes those of other labels',
    ', allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {team: back}}}}',
    ['ROUTE_NAMESPACE_NOT_ALLOWED HTTPRoute/api'],
  ],
])('a Gateway that %s', (_, allowed, expected) => {
  const own =
    namespace('front', '{team: front}') +
    deployment('api', { namespace: 'front' }) +
    service('api', { namespace: 'front' });
  const from = route({ place: 'front', parent: 'name: edge, namespace: shop' });
  expect(
    found(
      gatewayClass +
        namespace('shop') +
        own +
        gateway({ listener: `hostname: a.example.com${allowed}` }) +
        from,
    ),
  ).toEqual(expected);
});

test.each([
  ['[b.example.org]', ['ROUTE_HOST_MISMATCH HTTPRoute/api']],
  ['[example.com]', ['ROUTE_HOST_MISMATCH HTTPRoute/api']],
  ['[x.y.example.com]', []],
])('hosts %s against *.example.com', (hosts, expected) => {
  expect(found(api + gateway() + route({ hosts }))).toEqual(expected);
});

test('what a controller says of a route folds under the reason that is known', () => {
  const status =
    'status: {parents: [{conditions: [{type: ResolvedRefs, status: "False", reason: BackendNotFound, lastTransitionTime: "2026-11-01T00:00:00Z"}]}]}';
  expect(found(api + gateway() + route({ backend: 'name: gone, port: 80', status }))).toEqual([
    'ROUTE_BACKEND_MISSING HTTPRoute/api',
  ]);
  expect(found(api + gateway() + route({ status }))).toEqual(['ROUTE_NOT_ACCEPTED HTTPRoute/api']);
});

test('a listener whose Secret is missing is the Secret’s', () => {
  const tls = gateway({ listener: 'tls: {certificateRefs: [{name: edge-tls}]}' });
  const status =
    'status: {conditions: [{type: Programmed, status: "False", reason: Invalid, lastTransitionTime: "2026-11-01T00:00:00Z"}]}';
  expect(found(api + tls.trimEnd() + `\n${status}\n` + route())).toEqual([
    'GATEWAY_TLS_SECRET_MISSING Secret/edge-tls',
  ]);
});

test('of kinds that the server does not serve nothing is missing', () => {
  expect(found(api + route(), { absent: ['Gateway', 'ReferenceGrant'] })).toEqual([]);
});

test('fields of a type that nobody promised are survived', () => {
  const odd = `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: odd, namespace: shop}
spec: {parentRefs: {name: 1}, hostnames: [3, {}], rules: [null, {backendRefs: [{name: api, port: many}, 7]}]}
status: {parents: 5}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: odd, namespace: shop}
spec: {listeners: [{name: [], tls: {certificateRefs: x}}, 4]}
status: {conditions: {}, listeners: [{conditions: [1]}]}
`;
  expect(found(api + odd)).toEqual([]);
});
