import { afterEach, describe, expect, test } from 'vitest';
import { KubeConnection } from '../../../src/clients/kube/connection.ts';
import { type ServicePlace, serviceGate } from '../../../src/clients/kube/service-proxy.ts';
import type { EndpointRequest } from '../../../src/http/endpoint.ts';
import { fc } from '../../support/properties.ts';
import { type Answering, sendJson, startWire, statusOf, type Wire } from '../../support/wire.ts';

const prometheus: ServicePlace = {
  namespace: 'monitoring',
  name: 'prometheus',
  port: '9090',
  scheme: 'http',
  base: ['prom'],
};
const prefix = '/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/prom';

const open: Wire[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(wire => wire.close()));
});

/** A session of an environment that covers the namespace shop alone. */
async function sessionThat(answering: Answering, more: { readOnly?: boolean } = {}) {
  const wire = await startWire(answering);
  open.push(wire);
  const connection = new KubeConnection({
    target: { via: 'direct', url: wire.url, token: 'cluster-token' },
    bounds: { namespaces: ['shop'], clusterScoped: false },
    readOnly: more.readOnly ?? false,
    userAgent: 'vigie/test',
    services: [prometheus],
  });
  return { wire, session: connection.session(new AbortController().signal) };
}

function asking(more: Partial<EndpointRequest> = {}): EndpointRequest {
  return {
    method: 'GET',
    path: ['api', 'v1', 'query'],
    signal: new AbortController().signal,
    deadlineMs: 5_000,
    ...more,
  };
}

function leaving(method: string, target: string) {
  const { pathname, searchParams } = new URL(target, 'http://server');
  return { method, pathname, query: searchParams, body: undefined };
}

describe('the gate to the Services that vigie.yaml names', () => {
  const gate = serviceGate([prometheus], ['GET']);

  test.each([
    `${prefix}/api/v1/query`,
    `${prefix}/api/v1/label/job/values`,
    `${prefix}/api/v1/label/a%2Bb/values`,
  ])('lets GET %s through', target => {
    expect(() => gate(leaving('GET', target))).not.toThrow();
  });

  test.each([
    ['another verb', 'POST', `${prefix}/api/v1/query`],
    ['another verb', 'DELETE', `${prefix}/api/v1/query`],
    ['another Service', 'GET', '/api/v1/namespaces/monitoring/services/alertmanager:9093/proxy/api'],
    ['another port', 'GET', '/api/v1/namespaces/monitoring/services/prometheus:9091/proxy/prom/api'],
    [
      'TLS that was not named',
      'GET',
      '/api/v1/namespaces/monitoring/services/https:prometheus:9090/proxy/prom/api',
    ],
    ['another namespace', 'GET', '/api/v1/namespaces/kube-system/services/prometheus:9090/proxy/prom/api'],
    ['a path beside its base', 'GET', '/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/admin'],
    ['a base that only begins like it', 'GET', `${prefix}etheus/api`],
    ['the Service itself', 'GET', '/api/v1/namespaces/monitoring/services/prometheus'],
    ['a pod', 'GET', '/api/v1/namespaces/monitoring/pods/prometheus:9090/proxy/prom/api'],
    ['a node', 'GET', '/api/v1/nodes/n/proxy/prom/api'],
    ['a climb', 'GET', `${prefix}/../../../../../secrets`],
    ['a climb that the server unpacks', 'GET', `${prefix}/api/..%2F..%2Fadmin`],
    ['the same with a backslash', 'GET', `${prefix}/api/..%5C..%5Cadmin`],
    ['an absolute URL', 'GET', `${prefix}/http:%2F%2F169.254.169.254%2F`],
  ])('holds back %s', (_what, method, target) => {
    expect(() => gate(leaving(method, target))).toThrow('held back');
  });

  test('lets nothing through where none is named', () => {
    expect(() => serviceGate([], ['GET'])(leaving('GET', `${prefix}/api`))).toThrow('held back');
  });
});

describe.each([{ readOnly: true }, { readOnly: false }])('an endpoint behind the API server, %o', more => {
  test('is asked with the cluster’s credentials, though its namespace lies outside of the environment', async () => {
    const { wire, session } = await sessionThat(
      ({ response }) => sendJson(response, { body: { up: 1 } }),
      more,
    );
    const endpoint = session.service(prometheus);
    const answer = await endpoint.send(
      asking({ query: [['query', 'up']], headers: { 'x-scope-orgid': 'shop' } }),
    );
    expect(await answer.json()).toEqual({ up: 1 });
    expect(wire.seen).toMatchObject([
      {
        method: 'GET',
        path: `${prefix}/api/v1/query?query=up`,
        headers: { authorization: 'Bearer cluster-token', 'x-scope-orgid': 'shop' },
      },
    ]);
    expect(endpoint.shown).toBe('Service/prometheus:9090/prom in monitoring');
  });

  test('is sent nothing but GET', async () => {
    const { wire, session } = await sessionThat(({ response }) => sendJson(response, { body: {} }), more);
    const body = { type: 'application/json', text: '{}' } as const;
    for (const method of ['POST', 'PUT', 'DELETE'] as const)
      await expect(session.service(prometheus).send(asking({ method, body }))).rejects.toThrow('held back');
    expect(wire.seen).toEqual([]);
  });

  test('opens no other way to the namespace', async () => {
    const { wire, session } = await sessionThat(({ response }) => sendJson(response, { body: {} }), more);
    const reading = session.reader.get({ kind: 'ConfigMap', name: 'x', namespace: 'monitoring' });
    await expect(reading).rejects.toMatchObject({ code: 'OUT_OF_BOUNDS' });
    expect(wire.seen).toEqual([]);
  });
});

test('in read-only mode a Service that vigie.yaml does not name is not reached, whoever asks', async () => {
  const { wire, session } = await sessionThat(({ response }) => sendJson(response, { body: {} }), {
    readOnly: true,
  });
  const other = session.service({ ...prometheus, name: 'grafana' });
  await expect(other.send(asking())).rejects.toThrow('held back');
  expect(() => session.changingService(prometheus)).toThrow(expect.objectContaining({ code: 'READ_ONLY' }));
  expect(wire.seen).toEqual([]);
});

test('whoever changes something there may send more, to the same Service alone', async () => {
  const { wire, session } = await sessionThat(({ response }) =>
    sendJson(response, { body: { silenceID: 'a' } }),
  );
  const body = { type: 'application/json', text: '{"matchers":[]}' } as const;
  const answer = await session
    .changingService(prometheus)
    .send(asking({ method: 'POST', path: ['silences'], body }));
  expect(await answer.json()).toEqual({ silenceID: 'a' });
  expect(wire.seen).toMatchObject([{ method: 'POST', path: `${prefix}/silences`, body: '{"matchers":[]}' }]);
});

test.each([['..'], ['a/b'], ['a\\b'], ['..\\..'], ['http://169.254.169.254/']])(
  'a part of a path that is %j does not leave',
  async part => {
    const { wire, session } = await sessionThat(({ response }) => sendJson(response, { body: {} }));
    await expect(
      session.service(prometheus).send(asking({ path: ['label', part, 'values'] })),
    ).rejects.toThrow();
    expect(wire.seen).toEqual([]);
  },
);

test('whatever a part of a path holds, it stays one part below the Service or does not leave', async () => {
  const { wire, session } = await sessionThat(({ response }) => sendJson(response, { body: {} }));
  const endpoint = session.service(prometheus);
  const parts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.stringMatching(/^[./\\%2eEfF]{1,9}$/),
  );
  await fc.assert(
    fc.asyncProperty(parts, async part => {
      wire.seen.length = 0;
      await endpoint.send(asking({ path: ['label', part] })).then(
        answer => answer.text(),
        () => undefined,
      );
      for (const { path } of wire.seen) {
        expect(path.startsWith(`${prefix}/label/`)).toBe(true);
        const below = path.slice(`${prefix}/label/`.length);
        expect(below).not.toContain('/');
        expect(decodeURIComponent(below)).toBe(part);
        expect(decodeURIComponent(below)).not.toMatch(/^\.{1,2}$|[/\\]/);
      }
    }),
    { numRuns: 60 },
  );
});

test.each([
  [403, 'Forbidden', 'FORBIDDEN'],
  [404, 'NotFound', 'NOT_FOUND'],
])('a %i of the API server is told as its own', async (code, reason, told) => {
  const message = 'services "prometheus" is forbidden: User "v" cannot get resource "services/proxy"';
  const { session } = await sessionThat(({ response }) =>
    sendJson(response, { status: code, body: statusOf(code, { reason, message }) }),
  );
  const failing = session.service(prometheus).send(asking());
  await expect(failing).rejects.toMatchObject({
    code: told,
    message: expect.stringContaining('Service/prometheus in monitoring'),
  });
});

test('an answer of the system itself is told as the system’s', async () => {
  const { session } = await sessionThat(({ response, nth }) => {
    if (nth === 1) sendJson(response, { status: 422, body: { status: 'error', error: 'parse error' } });
    else sendJson(response, { status: 503, body: { status: 'error', error: 'query timed out' } });
  });
  const endpoint = session.service(prometheus);
  const answer = await endpoint.send(asking());
  expect([answer.status, await answer.json()]).toEqual([422, { status: 'error', error: 'parse error' }]);
  await expect(endpoint.send(asking())).rejects.toMatchObject({
    code: 'SERVER_ERROR',
    message: 'Service/prometheus:9090/prom in monitoring failed to answer (503): query timed out',
  });
});
