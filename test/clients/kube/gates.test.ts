import { afterAll, beforeAll, expect, test } from 'vitest';
import { readGate } from '../../../src/clients/kube/gates.ts';
import { locate, resourcePath } from '../../../src/clients/kube/paths.ts';
import { dryRunGate } from '../../../src/clients/kube/previewer.ts';
import { changeGate } from '../../../src/clients/kube/writer.ts';
import { fc } from '../../support/properties.ts';
import { sendJson, sessionWith, startWire, type Wire } from '../../support/wire.ts';

function leaving(method: string, target: string, body?: string) {
  const { pathname, searchParams } = new URL(target, 'http://server');
  return { method, pathname, query: searchParams, body };
}

const web = '/apis/apps/v1/namespaces/shop/deployments/web';
const pod = '/api/v1/namespaces/shop/pods/p';

test.each([
  ['GET', '/version'],
  ['GET', '/apis/apps/v1'],
  ['GET', '/openapi/v3/apis/apps/v1'],
  ['GET', `${web}?x=1`],
  ['GET', `${web}/scale`],
  ['GET', '/api/v1/namespaces/shop/pods/p/log?follow=true'],
  ['GET', '/api/v1/namespaces/shop/status'],
  ['POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'],
  ['POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews'],
])('a reader may send %s %s', (method, target) => {
  expect(() => readGate(leaving(method, target))).not.toThrow();
});

test.each([
  ['GET', '/api/v1/namespaces/shop/pods/p/exec?command=sh'],
  ['GET', '/api/v1/namespaces/shop/pods/p/attach'],
  ['GET', '/api/v1/namespaces/shop/pods/p/portforward'],
  ['GET', '/api/v1/namespaces/shop/pods/p/proxy/admin'],
  ['GET', '/api/v1/namespaces/shop/services/s/proxy'],
  ['GET', '/api/v1/nodes/n/proxy/run'],
  ['GET', '/logs/kube-apiserver.log'],
  ['GET', '/metrics'],
  ['POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews/x'],
  ['PATCH', '/apis/authorization.k8s.io/v1/subjectaccessreviews'],
  ['POST', '/apis/authorization.k8s.io/v1/namespaces/shop/localsubjectaccessreviews'],
  ['POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews/x'],
  ['POST', '/apis/authentication.k8s.io/v1/tokenreviews'],
  ['POST', '/api/v1/namespaces/shop/pods?dryRun=All'],
  ['PATCH', `${web}?dryRun=All`],
  ['DELETE', web],
])('a reader is held back from %s %s', (method, target) => {
  expect(() => readGate(leaving(method, target))).toThrow('held back');
});

test.each([
  ['PATCH', `${web}?dryRun=All`, '{}'],
  ['PATCH', `${web}/scale?fieldManager=vigie&dryRun=All`, '{}'],
  ['DELETE', `${web}?dryRun=All`, '{"dryRun":["All"]}'],
  ['POST', `${pod}/eviction?dryRun=All`, '{"deleteOptions":{"dryRun":["All"]}}'],
])('a dry run passes as %s %s', (method, target, body) => {
  expect(() => dryRunGate(leaving(method, target, body))).not.toThrow();
  expect(() => changeGate(leaving(method, target, body))).toThrow('held back');
});

test.each([
  ['PATCH', web, '{}'],
  ['PATCH', `${web}?dryrun=All`, '{}'],
  ['PATCH', `${web}?dryRun=all`, '{}'],
  ['PATCH', `${web}?dryRun=All&dryRun=All`, '{}'],
  ['PATCH', `${web}?dryRun=All&dryrun=All`, '{}'],
  ['DELETE', `${web}?dryRun=All`, '{"propagationPolicy":"Background"}'],
  ['DELETE', `${web}?dryRun=All`, undefined],
  ['POST', '/api/v1/namespaces/shop/configmaps?dryRun=All', '{}'],
  ['POST', '/api/v1/namespaces/shop/serviceaccounts/default/token?dryRun=All', '{}'],
  ['POST', '/api/v1/namespaces/shop/pods/p/exec?dryRun=All', '{}'],
  ['POST', '/api/v1/namespaces/shop/pods/p/binding?dryRun=All', '{}'],
  ['PATCH', '/apis/certificates.k8s.io/v1/certificatesigningrequests/c/approval?dryRun=All', '{}'],
  ['DELETE', '/api/v1/namespaces/shop/pods?dryRun=All', '{"dryRun":["All"]}'],
  ['PUT', `${web}?dryRun=All`, '{}'],
  ['POST', `${pod}/eviction`, '{"deleteOptions":{"dryRun":["All"]}}'],
  ['POST', `${pod}/eviction?dryRun=All`, '{"dryRun":["All"]}'],
  ['POST', `${pod}/eviction?dryRun=All`, '{"deleteOptions":{"dryRun":["All","All"]}}'],
  ['POST', `${pod}/eviction?dryRun=All`, '{}'],
  ['POST', `${pod}/eviction?dryRun=All`, undefined],
  ['POST', `${web}/eviction?dryRun=All`, '{"deleteOptions":{"dryRun":["All"]}}'],
])('what is not exactly one dry run of an object is held back: %s %s', (method, target, body) => {
  expect(() => dryRunGate(leaving(method, target, body))).toThrow('held back');
});

const hostile = fc.oneof(
  fc.constantFrom('web', 'shop', 'system:node', 'a.b-c'),
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '..',
    '.',
    '',
    '%2e%2e',
    'web?fieldManager=x#',
    'web#',
    'a/b',
    'a\\b',
    'a%2fb',
    'a\r\nb',
    'web?dryRun=All',
    'ａ',
    'x/../../secrets/s',
    ' ',
  ),
  fc
    .array(fc.constantFrom('.', '/', '%', '?', '#', 'a', '\\', '&', '=', ';', ':', '@', '2e', '\t'), {
      maxLength: 8,
    })
    .map(parts => parts.join('')),
);
const kind = {
  kind: 'ConfigMap',
  apiVersion: 'v1',
  resource: 'configmaps',
  namespaced: true,
  verbs: ['patch'],
  shortNames: [],
  subresources: [],
};

test('whatever a name is, its path names exactly that object or is refused', () => {
  fc.assert(
    fc.property(hostile, hostile, (namespace, name) => {
      let text: string;
      try {
        text = resourcePath(kind, { namespace, name }).text;
      } catch (error) {
        expect(error).toMatchObject({ code: 'INVALID_INPUT' });
        return;
      }
      expect(new URL(`http://server${text}?dryRun=All`)).toMatchObject({
        pathname: text,
        search: '?dryRun=All',
        hash: '',
      });
      expect(locate(text)).toMatchObject({ namespace, resource: 'configmaps', name, subresource: undefined });
    }),
    { numRuns: 2_000 },
  );
});

let wire: Wire;
beforeAll(async () => {
  const path = '/api/v1/namespaces/{namespace}/configmaps/{name}';
  const dryRun = { parameters: [{ name: 'dryRun', in: 'query' }] };
  wire = await startWire(({ request, response }) => {
    if (request.path === '/openapi/v3') {
      sendJson(response, {
        body: { paths: { 'api/v1': { serverRelativeURL: '/openapi/v3/api/v1?hash=1' } } },
      });
    } else if (request.path === '/openapi/v3/api/v1') {
      sendJson(response, { body: { paths: { [path]: { patch: dryRun, delete: dryRun } } } });
    } else {
      const metadata = { name: 'x', namespace: 'shop' };
      sendJson(response, { body: { apiVersion: 'v1', kind: 'ConfigMap', metadata } });
    }
  });
});
afterAll(() => wire.close());

test('no name makes a previewer send anything but a dry run of that object', async () => {
  const previewer = await sessionWith(wire).previewer();
  await fc.assert(
    fc.asyncProperty(hostile, hostile, async (namespace, name) => {
      const before = wire.seen.length;
      const target = { kind: 'ConfigMap', name, namespace };
      await Promise.allSettled([
        previewer.patch({ target, patch: { data: { a: 'b' } } }),
        previewer.delete({ target, uid: 'u', propagation: 'Background' }),
        previewer.apply({
          manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } },
          force: false,
        }),
      ]);
      for (const { method, path, body } of wire.seen.slice(before)) {
        if (method === 'GET') continue;
        const { pathname, searchParams } = new URL(path, wire.url);
        expect(pathname).toBe(`/api/v1/namespaces/${namespace}/configmaps/${name}`);
        expect(searchParams.getAll('dryRun')).toEqual(['All']);
        if (method === 'DELETE') expect(JSON.parse(body)).toMatchObject({ dryRun: ['All'] });
      }
    }),
    { numRuns: 300 },
  );
  // Else nothing was tried at all.
  expect(new Set(wire.seen.map(({ method }) => method))).toEqual(new Set(['GET', 'PATCH', 'DELETE']));
});
