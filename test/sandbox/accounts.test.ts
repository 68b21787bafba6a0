import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isObject, type JsonObject, plainText } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import type { Sandbox } from '../../src/sandbox/server.ts';
import { type Answer, send, startShop } from '../support/sandbox-client.ts';

// Who one is, what one may, and what one may hand on: in the words of a real API server (1.36.2).

const rbac = 'rbac.authorization.k8s.io';
const roles = `/apis/${rbac}/v1`;

function role(kind: string, metadata: KubeObject['metadata'], more: JsonObject): KubeObject {
  return { apiVersion: `${rbac}/v1`, kind, metadata, ...more };
}

function binding(name: string, to: JsonObject, from: readonly [kind: string, name: string]): KubeObject {
  return role(
    'RoleBinding',
    { name, namespace: 'shop' },
    { roleRef: { apiGroup: rbac, kind: from[0], name: from[1] }, subjects: [to] },
  );
}

const person = (name: string): JsonObject => ({ apiGroup: rbac, kind: 'User', name });
const account = (name: string): JsonObject => ({ kind: 'ServiceAccount', name, namespace: 'shop' });

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startShop([
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot', namespace: 'shop' } },
    binding('admins', person('ann'), ['ClusterRole', 'admin']),
    binding('viewers', account('robot'), ['ClusterRole', 'view']),
    binding('binds', person('bea'), ['Role', 'binder']),
    role(
      'Role',
      { name: 'binder', namespace: 'shop' },
      {
        rules: [
          { apiGroups: [rbac], resources: ['rolebindings', 'roles'], verbs: ['create', 'update', 'get'] },
          {
            apiGroups: [rbac],
            resources: ['clusterroles'],
            verbs: ['bind'],
            resourceNames: ['cluster-admin'],
          },
          { apiGroups: [rbac], resources: ['roles'], verbs: ['escalate'] },
        ],
      },
    ),
  ]);
  await sandbox.settled();
});
afterAll(() => sandbox.close());

const as = (name: string, more: Record<string, string> = {}): Record<string, string> => ({
  'impersonate-user': name,
  ...more,
});

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return send(sandbox, { method: 'POST', path, body, headers });
}

async function tokenOf(name: string, spec: JsonObject = {}): Promise<string> {
  const path = `/api/v1/namespaces/shop/serviceaccounts/${name}/token`;
  const answer = await post(path, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec });
  expect(answer.status).toBe(201);
  const { status } = answer.body;
  return isObject(status) ? plainText(status['token']) : '';
}

async function whoIs(headers: Record<string, string>, token = sandbox.token): Promise<unknown> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
  const answer = await send({ url: sandbox.url, token }, { method: 'POST', path, body, headers });
  return isObject(answer.body['status']) ? answer.body['status']['userInfo'] : answer.body;
}

describe('who one is', () => {
  test('an account that is acted as has the groups of its namespace, a uid and extra fields as they were given', async () => {
    const headers = as('system:serviceaccount:shop:robot', {
      'impersonate-uid': '7',
      'impersonate-extra-team': 'x',
    });
    expect(await whoIs(headers)).toEqual({
      username: 'system:serviceaccount:shop:robot',
      uid: '7',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
      extra: { team: ['x'] },
    });
  });

  test.each([
    [{ 'impersonate-uid': '7' }, 'requested a uid'],
    [{ 'impersonate-extra-team': 'x' }, 'requested extra fields'],
  ])('%o without a user is a mistake', async (headers, why) => {
    expect(await whoIs(headers)).toMatchObject({ code: 400, message: `${why} without impersonating a user` });
  });

  test('a token stands for its account, with the account’s rights and no more', async () => {
    const token = await tokenOf('robot');
    const robot = { url: sandbox.url, token };
    expect(await whoIs({}, token)).toMatchObject({ username: 'system:serviceaccount:shop:robot' });
    expect((await send(robot, { path: '/api/v1/namespaces/shop/pods' })).status).toBe(200);
    expect((await send(robot, { path: '/api/v1/namespaces/shop/secrets' })).body['message']).toBe(
      'secrets is forbidden: User "system:serviceaccount:shop:robot" cannot list resource "secrets" in API group "" in the namespace "shop"',
    );
    expect((await send(robot, { path: '/api/v1/pods' })).status).toBe(403);
  });

  test('the path of an address may carry it, as a kubeconfig for kubectl must, and no record keeps it', async () => {
    const token = await tokenOf('robot');
    const answer = await send(
      { url: sandbox.url, token: '' },
      { path: `/${token}/api/v1/namespaces/shop/pods` },
    );
    expect(answer.status).toBe(200);
    expect(JSON.stringify(sandbox.requests())).not.toContain(token);
    expect(sandbox.kubeconfig(token)).not.toContain(sandbox.token);
  });

  test('it holds until its time is over, and no longer than its account', async () => {
    const short = await tokenOf('robot', { expirationSeconds: 600 });
    const long = await tokenOf('robot', { expirationSeconds: 7_200 });
    await sandbox.advance(601_000);
    expect(await whoIs({}, short)).toMatchObject({ code: 401, message: 'Unauthorized' });
    expect(await whoIs({}, long)).toMatchObject({ username: 'system:serviceaccount:shop:robot' });
    const path = '/api/v1/namespaces/shop/serviceaccounts';
    await post(path, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'brief' } });
    const brief = await tokenOf('brief');
    await send(sandbox, { method: 'DELETE', path: `${path}/brief` });
    expect(await whoIs({}, brief)).toMatchObject({ code: 401 });
    // One of the same name is another.
    await post(path, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'brief' } });
    expect(await whoIs({}, brief)).toMatchObject({ code: 401 });
  });

  test('one that was changed, is for others or of another sandbox is none', async () => {
    const token = await tokenOf('robot');
    const [head = '', body = '', sign = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as JsonObject;
    const forged = Buffer.from(JSON.stringify({ ...claims, exp: 9_999_999_999 })).toString('base64url');
    expect(await whoIs({}, `${head}.${forged}.${sign}`)).toMatchObject({ code: 401 });
    expect(await whoIs({}, await tokenOf('robot', { audiences: ['vault'] }))).toMatchObject({ code: 401 });
    const other = await startShop();
    expect((await send({ url: other.url, token }, { path: '/version' })).status).toBe(401);
    await other.close();
  });

  test('a review tells whose a token is', async () => {
    const path = '/apis/authentication.k8s.io/v1/tokenreviews';
    const review = (token: string): unknown => ({
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token },
    });
    expect((await post(path, review(await tokenOf('robot')))).body).toMatchObject({
      status: { authenticated: true, user: { username: 'system:serviceaccount:shop:robot' } },
    });
    const { body } = await post(path, review('eyJ.a.b'));
    expect(isObject(body['status']) ? body['status']['authenticated'] : true).toBeUndefined();
  });

  test.each<[string, JsonObject, string, JsonObject]>([
    [
      'too short a time',
      { expirationSeconds: 60 },
      'robot',
      {
        code: 422,
        message:
          'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
      },
    ],
    ['no such account', {}, 'nope', { code: 404, message: 'serviceaccounts "nope" not found' }],
    [
      'one that ends with a pod',
      { boundObjectRef: { kind: 'Pod', name: 'p' } },
      'robot',
      { code: 501, message: 'the sandbox does not simulate tokens that end with a Pod' },
    ],
  ])('no token: %s', async (_what, spec, name, wanted) => {
    const path = `/api/v1/namespaces/shop/serviceaccounts/${name}/token`;
    expect((await post(path, { spec })).body).toMatchObject(wanted);
  });

  test('acting as another is a right of its own', async () => {
    const path = '/api/v1/namespaces/shop/pods';
    const token = await tokenOf('robot');
    const robot = { url: sandbox.url, token };
    expect((await send(robot, { path, headers: as('ann') })).body).toMatchObject({
      code: 403,
      message:
        'users "ann" is forbidden: User "system:serviceaccount:shop:robot" cannot impersonate resource "users" in API group "" at the cluster scope',
    });
    const headers = as('system:serviceaccount:shop:default', { 'impersonate-group': 'g' });
    expect((await send(robot, { path, headers })).body).toMatchObject({
      message:
        'serviceaccounts "default" is forbidden: User "system:serviceaccount:shop:robot" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "shop"',
    });
  });
});

describe('what one may', () => {
  test('an aggregated role gathers the rules of others, those that come later too', async () => {
    const rules = [{ apiGroups: ['x.io'], resources: ['ys'], verbs: ['get'] }];
    await post(
      `${roles}/clusterroles`,
      role('ClusterRole', { name: 'part', labels: { [`${rbac}/aggregate-to-view`]: 'true' } }, { rules }),
    );
    await sandbox.settled();
    for (const name of ['view', 'edit', 'admin']) {
      const { body } = await send(sandbox, { path: `${roles}/clusterroles/${name}` });
      expect(body['rules'], name).toContainEqual(rules[0]);
    }
    const review = {
      spec: {
        user: 'ann',
        resourceAttributes: { namespace: 'shop', verb: 'get', group: 'x.io', resource: 'ys' },
      },
    };
    const answer = await post('/apis/authorization.k8s.io/v1/subjectaccessreviews', review);
    expect(answer.body['status']).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "admins/shop" of ClusterRole "admin" to User "ann"',
    });
  });

  test('everybody may ask what they may, and reads what is served', async () => {
    const path = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
    const { body } = await post(path, { spec: { namespace: 'shop' } }, as('nobody'));
    expect(body['status']).toMatchObject({
      resourceRules: expect.arrayContaining([
        { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
      ]),
      nonResourceRules: expect.arrayContaining([
        { verbs: ['get'], nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version', '/version/'] },
      ]),
    });
    expect((await post(path, { spec: {} }, as('nobody'))).body['message']).toBe('no namespace on request');
    expect((await send(sandbox, { path: '/apis', headers: as('nobody') })).status).toBe(200);
    expect((await send(sandbox, { path: '/metrics', headers: as('nobody') })).body['message']).toBe(
      'forbidden: User "nobody" cannot get path "/metrics"',
    );
  });

  const attributes = { namespace: 'shop', verb: 'get', resource: 'pods' };
  test.each<[string, string, JsonObject, string]>([
    [
      'nobody',
      '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      { resourceAttributes: attributes },
      'spec.user: Invalid value: "": at least one of user or group must be specified',
    ],
    [
      'two things at once',
      '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      { user: 'x', resourceAttributes: attributes, nonResourceAttributes: { path: '/x', verb: 'get' } },
      'spec.nonResourceAttributes: Invalid value: {"Path":"/x","Verb":"get"}: cannot be specified in combination with resourceAttributes',
    ],
    [
      'another namespace',
      '/apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews',
      { user: 'x', resourceAttributes: attributes },
      'spec.resourceAttributes.namespace: Invalid value: "shop": must match metadata.namespace',
    ],
  ])('a review of %s is refused', async (_what, path, spec, why) => {
    expect((await post(path, { spec })).body).toMatchObject({
      code: 422,
      message: `.authorization.k8s.io "" is invalid: ${why}`,
    });
  });
});

describe('what one may hand on', () => {
  const inShop = `${roles}/namespaces/shop`;
  const bind = (name: string, from: readonly [string, string], who: string): Promise<Answer> =>
    post(`${inShop}/rolebindings`, binding(name, person('bob'), from), as(who));
  const make = (name: string, rules: JsonObject[], who: string): Promise<Answer> =>
    post(`${inShop}/roles`, role('Role', { name }, { rules }), as(who));

  test('what one has oneself', async () => {
    const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }];
    expect((await make('within', rules, 'ann')).status).toBe(201);
    expect((await bind('within', ['ClusterRole', 'view'], 'ann')).status).toBe(201);
  });

  test('and nothing else: what is missing is listed', async () => {
    const rules = [
      { apiGroups: [''], resources: ['pods', 'nodes'], verbs: ['get', 'zap'], resourceNames: ['a'] },
      { apiGroups: ['z.io'], resources: ['ys'], verbs: ['*'] },
    ];
    const start =
      'user "ann" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:';
    expect((await make('beyond', rules, 'ann')).body).toMatchObject({
      code: 403,
      message: [
        `roles.${rbac} "beyond" is forbidden: ${start}`,
        '{APIGroups:[""], Resources:["nodes"], ResourceNames:["a"], Verbs:["get" "zap"]}',
        '{APIGroups:[""], Resources:["pods"], ResourceNames:["a"], Verbs:["zap"]}',
        '{APIGroups:["z.io"], Resources:["ys"], Verbs:["*"]}',
      ].join('\n'),
    });
    expect((await bind('beyond', ['ClusterRole', 'cluster-admin'], 'ann')).body['message']).toBe(
      [
        `rolebindings.${rbac} "beyond" is forbidden: ${start}`,
        '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}',
        '{NonResourceURLs:["*"], Verbs:["*"]}',
      ].join('\n'),
    );
    expect((await bind('none', ['Role', 'nope'], 'ann')).body['message']).toBe(
      `rolebindings.${rbac} "nope" not found`,
    );
  });

  test('unless one may bind the role or escalate', async () => {
    expect((await bind('named', ['ClusterRole', 'cluster-admin'], 'bea')).status).toBe(201);
    expect((await bind('other', ['ClusterRole', 'view'], 'bea')).status).toBe(403);
    const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['zap'] }];
    expect((await make('more', rules, 'bea')).status).toBe(201);
  });

  test('a role that one cannot have made can still be labelled', async () => {
    const rules = [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }];
    await post(`${inShop}/roles`, role('Role', { name: 'high' }, { rules }));
    const patch = (body: JsonObject): Promise<Answer> =>
      send(sandbox, {
        method: 'PATCH',
        path: `${inShop}/roles/high`,
        headers: { ...as('ann'), 'content-type': 'application/merge-patch+json' },
        body,
      });
    expect((await patch({ metadata: { labels: { a: 'b' } } })).status).toBe(200);
    expect((await patch({ rules: [{ ...rules[0], verbs: ['get', 'list'] }] })).status).toBe(403);
  });
});
