import { describe, expect, test } from 'vitest';
import { diagnose } from '../../../../src/diagnosis/diagnose.ts';
import { healedBy } from '../../../support/healed-by.ts';
import { deployment, service } from '../../../support/network-objects.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';

// Four analyzers look at an Ingress; what one says must not be said by another as well.

const ingressClass = (name: string, isDefault = false) => `---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: ${name}, annotations: {ingressclass.kubernetes.io/is-default-class: "${isDefault}"}}
spec: {controller: k8s.io/ingress-nginx}
`;

const ingress = (
  name: string,
  { spec = 'ingressClassName: nginx', backend = 'api', port = 'number: 80', meta = '', more = '' } = {},
) => `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ${name}, namespace: shop, creationTimestamp: "2026-11-01T00:00:00Z" ${meta}}
spec:
  ${spec}
  rules: [{host: a.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: ${backend}, port: {${port}}}}}]}}]
${more}
`;

const secret = (
  name: string,
  { type = 'kubernetes.io/tls', keys = '{tls.crt: "", tls.key: ""}' } = {},
) => `---
apiVersion: v1
kind: Secret
metadata: {name: ${name}, namespace: shop}
type: ${type}
data: ${keys}
`;

const api = deployment('api') + service('api') + deployment('orders') + service('orders');
const found = (documents: string, rest = {}) =>
  diagnose(snapshotOf(documents, rest)).findings.map(
    ({ code, object }) => `${code} ${object.kind}/${object.name}`,
  );

test('an Ingress whose class, service and port exist is well', () => {
  expect(found(api + ingressClass('nginx') + ingress('api'))).toEqual([]);
  expect(found(api + ingressClass('nginx') + ingress('api', { port: 'name: http' }))).toEqual([]);
});

describe('a class', () => {
  test.each([
    [
      'with a slip',
      ingressClass('nginx') + ingressClass('traefik') + ingress('api', { spec: 'ingressClassName: ngnix' }),
      'INGRESS_CLASS_UNKNOWN',
    ],
    ['that is not the only one there is', ingressClass('traefik') + ingress('api'), 'INGRESS_CLASS_UNKNOWN'],
    [
      'that is not named, with no default',
      ingressClass('nginx') + ingress('api', { spec: 'tls: []' }),
      'INGRESS_CLASS_MISSING',
    ],
  ])('%s is found and healed', (_, documents, code) => {
    const { before, after } = healedBy(api + documents);
    expect(before).toMatchObject([{ code, object: { kind: 'Ingress', name: 'api' } }]);
    expect(after).toEqual([]);
  });

  test.each([
    ['is the default', ingressClass('nginx', true) + ingress('api', { spec: 'tls: []' })],
    [
      'is named by the old annotation, and served',
      ingress('api', {
        spec: 'tls: []',
        meta: ', annotations: {kubernetes.io/ingress.class: nginx}',
        more: 'status: {loadBalancer: {ingress: [{ip: 10.0.0.1}]}}',
      }),
    ],
    [
      'is not needed: a controller serves it without',
      ingressClass('nginx') +
        ingress('api', { spec: 'tls: []', more: 'status: {loadBalancer: {ingress: [{ip: 10.0.0.1}]}}' }),
    ],
  ])('that %s is well', (_, documents) => {
    expect(found(api + documents)).toEqual([]);
  });

  test('that the old annotation names and nothing serves is none only while a controller may still come to it', () => {
    const named = ingress('api', {
      spec: 'tls: []',
      meta: ', annotations: {kubernetes.io/ingress.class: gone}',
    });
    const fresh = named.replace('2026-11-01T00:00:00Z', '2026-11-21T11:58:00Z');
    expect(found(api + ingressClass('nginx') + named)).toEqual(['INGRESS_CLASS_UNKNOWN Ingress/api']);
    expect(found(api + ingressClass('nginx') + fresh)).toEqual([]);
  });

  test('is no finding where classes could not be read', () => {
    expect(found(api + ingress('api'), { unread: [{ kind: 'IngressClass', why: 'not allowed' }] })).toEqual(
      [],
    );
  });

  test('whose controller is down explains nothing by itself, but is told where nothing else tells why', () => {
    const controller = deployment('ingress-nginx', {
      replicas: 1,
      status: '{replicas: 1, readyReplicas: 0}',
    });
    expect(found(api + controller + ingressClass('nginx') + ingress('api'))).toEqual([
      'INGRESS_CONTROLLER_DOWN Deployment/ingress-nginx',
    ]);
  });
});

describe('a backend', () => {
  test.each([
    ['with a slip in its name', ingress('api', { backend: 'ordres' }), 'INGRESS_BACKEND_MISSING'],
    ['with another port number', ingress('api', { port: 'number: 8080' }), 'INGRESS_PORT_UNKNOWN'],
    ['with another port name', ingress('api', { port: 'name: web' }), 'INGRESS_PORT_UNKNOWN'],
  ])('%s is found and healed', (_, documents, code) => {
    const { before, after } = healedBy(api + ingressClass('nginx') + documents);
    expect(before).toMatchObject([{ code, object: { kind: 'Ingress', name: 'api' } }]);
    expect(after).toEqual([]);
  });

  test('that is like no service is a question', () => {
    expect(
      diagnose(snapshotOf(api + ingressClass('nginx') + ingress('api', { backend: 'checkout' }))).findings,
    ).toMatchObject([
      {
        code: 'INGRESS_BACKEND_MISSING',
        fixes: [],
        question: 'Which Service is to answer for a.example.com/?',
      },
    ]);
  });

  test.each([
    [
      'orders-api',
      ['orders'],
      'Is Service orders meant, and by which port instead of 80, or is one to be made?',
    ],
    [
      'orders-api',
      ['orders', 'orders-web'],
      'Which of the Services orders, orders-web is to answer for a.example.com/, or is one to be made?',
    ],
  ])(
    '%s that is another word than the services %s names them in the question',
    (backend, services, question) => {
      const named = services.map(name => service(name)).join('');
      const { findings } = diagnose(
        snapshotOf(named + ingressClass('nginx') + ingress('api', { backend, port: 'number: 80' })),
      );
      expect(findings.find(({ code }) => code === 'INGRESS_BACKEND_MISSING')).toMatchObject({
        fixes: [],
        question,
      });
    },
  );

  test('is no finding where services could not be read', () => {
    expect(
      found(ingressClass('nginx') + ingress('api'), { unread: [{ kind: 'Service', why: 'not allowed' }] }),
    ).toEqual([]);
  });
});

describe('a Secret for TLS', () => {
  const tls = (name: string) => ({
    spec: `ingressClassName: nginx\n  tls: [{hosts: [a.example.com], secretName: ${name}}]`,
  });

  test('that is missing is found, and healed where one is like it', () => {
    const { before, after } = healedBy(
      api + ingressClass('nginx') + secret('api-tls') + ingress('api', tls('api-tsl')),
    );
    expect(before).toMatchObject([
      { code: 'INGRESS_TLS_SECRET_MISSING', object: { kind: 'Secret', name: 'api-tsl' } },
    ]);
    expect(after).toEqual([]);
  });

  test.each([
    [
      'lacks its key',
      secret('api-tls', { type: 'Opaque', keys: '{tls.crt: ""}' }),
      ['INGRESS_TLS_SECRET_INVALID Secret/api-tls'],
    ],
    [
      'has another type',
      secret('api-tls', { type: 'Opaque' }),
      ['INGRESS_TLS_SECRET_INVALID Secret/api-tls'],
    ],
    ['is as it should be', secret('api-tls'), []],
  ])('that %s', (_, documents, expected) => {
    expect(found(api + ingressClass('nginx') + documents + ingress('api', tls('api-tls')))).toEqual(expected);
  });

  test('is no finding where Secrets could not be read', () => {
    expect(
      found(api + ingressClass('nginx') + ingress('api', tls('api-tls')), {
        unread: [{ kind: 'Secret', why: 'not allowed' }],
      }),
    ).toEqual([]);
  });

  test('for a host that no rule has is only counted', () => {
    const other = ingress('api', {
      spec: 'ingressClassName: nginx\n  tls: [{hosts: [b.example.com], secretName: api-tls}]',
    });
    const { findings, notes } = diagnose(snapshotOf(api + ingressClass('nginx') + secret('api-tls') + other));
    expect(findings).toEqual([]);
    expect(notes).toContainEqual(expect.objectContaining({ code: 'INGRESS_TLS_HOST_UNUSED', count: 1 }));
  });
});

describe('a host and path', () => {
  const other = deployment('other') + service('other');

  test('that two Ingresses claim is one finding, about the younger', () => {
    const younger = ingress('b', { backend: 'other' }).replace('2026-11-01', '2026-11-02');
    expect(found(api + other + ingressClass('nginx') + younger + ingress('c'))).toEqual([
      'INGRESS_DUPLICATE Ingress/b',
    ]);
  });

  test.each([
    [
      'is shared with a canary',
      ingress('b', { backend: 'other', meta: ', annotations: {nginx.ingress.kubernetes.io/canary: "true"}' }),
    ],
    [
      'is of another class',
      ingressClass('traefik') + ingress('b', { backend: 'other', spec: 'ingressClassName: traefik' }),
    ],
  ])('that %s is well', (_, documents) => {
    expect(found(api + other + ingressClass('nginx') + ingress('a') + documents)).toEqual([]);
  });
});
