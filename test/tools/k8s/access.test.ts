import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { k8sAccess } from '../../../src/tools/k8s/access.ts';
import { openShop, type Shop } from '../small-shop.ts';

const group = 'rbac.authorization.k8s.io';
const inShop = `/apis/${group}/v1/namespaces/shop`;

function bindingOf(name: string, more: { role: string; subjects: JsonObject[]; kind?: string }): JsonObject {
  return {
    apiVersion: `${group}/v1`,
    kind: 'RoleBinding',
    metadata: { name },
    roleRef: { apiGroup: group, kind: more.kind ?? 'Role', name: more.role },
    subjects: more.subjects,
  };
}

const user = (name: string): JsonObject => ({ apiGroup: group, kind: 'User', name });

/** Bob may look after pods of shop; a group may read one ConfigMap; an account may read rules. */
async function arrange(shop: Shop): Promise<void> {
  const role = (name: string, rules: JsonObject[]): JsonObject => ({
    apiVersion: `${group}/v1`,
    kind: 'Role',
    metadata: { name },
    rules,
  });
  const pods = { apiGroups: [''], resources: ['pods', 'pods/exec'], verbs: ['get', 'list', 'create'] };
  const settings = {
    apiGroups: [''],
    resources: ['configmaps'],
    resourceNames: ['settings'],
    verbs: ['get'],
  };
  const rules = { apiGroups: [group], resources: ['roles', 'rolebindings'], verbs: ['get', 'list'] };
  await shop.send('POST', `${inShop}/roles`, role('podder', [pods]));
  await shop.send('POST', `${inShop}/roles`, role('settings', [settings]));
  await shop.send('POST', `${inShop}/roles`, role('auditor', [rules]));
  await shop.send(
    'POST',
    `${inShop}/rolebindings`,
    bindingOf('bob', {
      role: 'podder',
      subjects: [user('bob'), { kind: 'ServiceAccount', name: 'builder', namespace: 'shop' }],
    }),
  );
  await shop.send(
    'POST',
    `${inShop}/rolebindings`,
    bindingOf('ops', { role: 'settings', subjects: [{ apiGroup: group, kind: 'Group', name: 'ops' }] }),
  );
  await shop.send(
    'POST',
    `${inShop}/rolebindings`,
    bindingOf('audit', { role: 'auditor', subjects: [user('bob')] }),
  );
}

const exec = { verb: 'create', resource: 'pods/exec', namespace: 'shop' };

describe('k8s_access: can I', () => {
  test('answers for the account that Vigie uses, with the reason that the server gives', async () => {
    const shop = await openShop();
    const { data, text } = await shop.read(k8sAccess, exec);
    expect(data).toEqual({ allowed: true, complete: true, truncated: false });
    expect(text).toMatch(/^yes: Vigie's account may create pods\/exec in shop\n/);
  });

  test('answers for each namespace of the environment where none is named', async () => {
    const shop = await openShop({ as: 'bob' });
    await arrange(shop);
    const { data, text } = await shop.read(k8sAccess, { verb: 'list', resource: 'po' });
    expect(data).toMatchObject({ allowed: false });
    expect(text).toMatch(
      /^partly: Vigie's account may list pods in shop, but not in payments\nRBAC: allowed by RoleBinding "bob\/shop"/,
    );
    const none = await shop.read(k8sAccess, { verb: 'delete', resource: 'deployments' });
    expect(none.text).toMatch(/^no: Vigie's account may not delete deployments in shop, payments\n/);
  });

  test('answers for what has no namespace', async () => {
    const shop = await openShop();
    const { text } = await shop.read(k8sAccess, { verb: 'list', resource: 'nodes' });
    expect(text).toMatch(/^yes: Vigie's account may list nodes\n/);
  });

  test.each([
    [{ verb: 'creat', resource: 'pods' }, 'Did you mean create?'],
    [{ verb: 'create', resource: 'pods/exce' }, 'Did you mean exec?'],
    [
      { verb: 'create' },
      'Name both, as in verb create, resource pods/exec; or neither, for all that Vigie may do.',
    ],
    [{ verb: 'get', resource: 'pods', as: 'sa:builder' }, 'Write it as sa:NAMESPACE/NAME.'],
    [
      { whoCan: true },
      'Name both, as in verb create, resource pods/exec; or neither, for all that Vigie may do.',
    ],
  ])('names what is near or missing: %j', async (input, hint) => {
    const shop = await openShop();
    await expect(shop.read(k8sAccess, input)).rejects.toMatchObject({ code: 'INVALID_INPUT', hint });
  });

  test('knows no more resources than the cluster', async () => {
    const shop = await openShop();
    await expect(shop.read(k8sAccess, { verb: 'get', resource: 'podz' })).rejects.toMatchObject({
      code: 'UNKNOWN_KIND',
      details: { nearest: expect.arrayContaining(['Pod']) },
    });
  });

  test.each([exec, { namespace: 'shop' }, { ...exec, whoCan: true }, { ...exec, as: 'bob' }])(
    'tells nothing of a namespace outside of the environment: %j',
    async input => {
      const shop = await openShop();
      await expect(shop.read(k8sAccess, { ...input, namespace: 'other' })).rejects.toMatchObject({
        code: 'OUT_OF_BOUNDS',
      });
    },
  );
});

describe('k8s_access: all I may do', () => {
  test('names the namespace that is asked about when nobody named one', async () => {
    const shop = await openShop({ environment: { namespaces: undefined } });
    const { text } = await shop.read(k8sAccess, {});
    expect(text).toMatch(/^\d+ rights of Vigie's account in default \(no namespace was named\), and/);
    const bound = await openShop({ environment: { namespaces: ['shop'] } });
    expect((await bound.read(k8sAccess, {})).text).toMatch(/ rights of Vigie's account in shop, and/);
  });

  test('folds the rules by verbs', async () => {
    const shop = await openShop({ as: 'bob' });
    await arrange(shop);
    const { data, text } = await shop.read(k8sAccess, { namespace: 'shop' });
    expect(data).toMatchObject({ complete: true });
    expect(text).toMatch(/^create, get, list: pods, pods\/exec$/m);
    expect(text).toMatch(/^get, list: rolebindings, roles \(rbac.authorization.k8s.io\)$/m);
  });
});

describe('k8s_access: can they', () => {
  test.each([
    ['bob', 'create', 'pods/exec', true],
    ['sa:shop/builder', 'create', 'pods/exec', true],
    ['system:serviceaccount:shop:builder', 'create', 'pods/exec', true],
    ['sa:payments/builder', 'create', 'pods/exec', false],
    ['group:ops', 'get', 'configmaps', false],
    ['carol', 'create', 'pods/exec', false],
  ])('%s: %s %s', async (as, verb, resource, allowed) => {
    const shop = await openShop();
    await arrange(shop);
    const { data } = await shop.read(k8sAccess, { as, verb, resource, namespace: 'shop' });
    expect(data).toMatchObject({ allowed, complete: true });
  });

  test('of an object of one name', async () => {
    const shop = await openShop();
    await arrange(shop);
    const asked = { as: 'group:ops', verb: 'get', resource: 'configmaps', namespace: 'shop' };
    expect((await shop.read(k8sAccess, { ...asked, name: 'settings' })).data).toMatchObject({
      allowed: true,
    });
    expect((await shop.read(k8sAccess, { ...asked, name: 'others' })).data).toMatchObject({ allowed: false });
  });

  test('reads the rules itself where it may not ask, names those it may not read, and claims no completeness', async () => {
    const shop = await openShop({ as: 'bob' });
    await arrange(shop);
    const { data, text } = await shop.read(k8sAccess, { ...exec, as: 'sa:shop/builder' });
    expect(data).toEqual({
      allowed: true,
      complete: false,
      notChecked: ['ClusterRole: Vigie may not read them', 'ClusterRoleBinding: Vigie may not read them'],
      truncated: false,
    });
    expect(text).toContain('by RoleBinding/bob in shop of Role/podder');
    expect(text).toContain('not checked: ClusterRoleBinding');
    expect(text).toContain('other authorizers (webhooks, the node authorizer)');
  });

  test('does not know it where rules may not be read and none of the others grants it', async () => {
    const shop = await openShop({ as: 'bob' });
    await arrange(shop);
    const { data, text } = await shop.read(k8sAccess, { ...exec, as: 'carol' });
    expect(data).not.toHaveProperty('allowed');
    expect(data).toMatchObject({ complete: false });
    expect(text).toMatch(/^not known: whether the one that was asked about may create pods\/exec in shop$/m);
  });

  test('is no where all rules were read and none grants it', async () => {
    const shop = await openShop({ as: 'bob' });
    await arrange(shop);
    await shop.send('POST', `/apis/${group}/v1/clusterroles`, {
      metadata: { name: 'reads-rules' },
      rules: [{ apiGroups: [group], resources: ['*'], verbs: ['get', 'list'] }],
    });
    await shop.send('POST', `/apis/${group}/v1/clusterrolebindings`, {
      metadata: { name: 'reads-rules' },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'reads-rules' },
      subjects: [user('bob')],
    });
    const { data, text } = await shop.read(k8sAccess, { ...exec, as: 'carol' });
    expect(data).toMatchObject({ allowed: false });
    expect(text).toMatch(/^no: the one that was asked about may not create pods\/exec in shop$/m);
  });

  test('never says back who was asked about: a mask there would answer a guess', async () => {
    const shop = await openShop();
    const { text } = await shop.read(k8sAccess, {
      ...exec,
      as: 'hunter2-is-secret',
      name: 'hunter2-is-secret',
    });
    expect(text).not.toContain('hunter2');
  });
});

describe('k8s_access: who can', () => {
  test('lists users, groups and service accounts with what gives it to them', async () => {
    const shop = await openShop();
    await arrange(shop);
    const { data, text } = await shop.read(k8sAccess, { ...exec, whoCan: true });
    expect(data).toMatchObject({ found: 3, complete: false });
    expect(text).toMatch(/^ServiceAccount shop\/builder: by RoleBinding\/bob in shop of Role\/podder$/m);
    expect(text).toMatch(/^User bob: by RoleBinding\/bob in shop of Role\/podder$/m);
    expect(text).toMatch(/^Group system:masters: by ClusterRoleBinding\/cluster-admin/m);
    const some = await shop.read(k8sAccess, { verb: 'get', resource: 'cm', namespace: 'shop', whoCan: true });
    expect(some.text).toMatch(/^Group ops \(only settings\): by RoleBinding\/ops/m);
  });

  test('says of all namespaces that more may in single ones', async () => {
    const shop = await openShop({ environment: { namespaces: undefined } });
    await arrange(shop);
    const { data, text } = await shop.read(k8sAccess, { verb: 'create', resource: 'pods', whoCan: true });
    expect(data).toMatchObject({ found: 1 });
    expect(text).toContain('In single namespaces more may: name one.');
  });

  test('names the rules that it may not read, and bindings to such roles', async () => {
    const shop = await openShop({ as: 'bob' });
    await arrange(shop);
    await shop.send(
      'POST',
      `${inShop}/rolebindings`,
      bindingOf('edits', { role: 'edit', kind: 'ClusterRole', subjects: [user('dave')] }),
    );
    const { data } = await shop.read(k8sAccess, { ...exec, whoCan: true });
    expect(data).toMatchObject({
      found: 2,
      notChecked: [
        'ClusterRole: Vigie may not read them',
        'ClusterRoleBinding: Vigie may not read them',
        '1 bindings: their roles could not be read',
      ],
    });
  });
});
