import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { askAsAdministrator } from '../support/sandbox-client.ts';
import { askEverything, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';

const web = { kind: 'deploy', name: 'web', namespace: 'shop' };
const settings = { kind: 'cm', name: 'settings', namespace: 'shop' };
const path = '/apis/apps/v1/namespaces/shop/deployments/web';
let running: TestVigie;

beforeEach(async () => {
  running = await startVigie({ policy: askEverything });
});
afterEach(() => running.stop());

async function live(at = path): Promise<JsonObject> {
  return askAsAdministrator(running.sandbox, { method: 'GET', path: at, body: undefined });
}

async function done(input: JsonObject): Promise<string> {
  const asked = await running.call('k8s_patch', input);
  expect(asked.status, asked.text).toBe('approval_required');
  const outcome = await running.approve(idOf(asked));
  expect(outcome.status, outcome.text).toBe('done');
  return idOf(asked);
}

const sidecar = `spec: {template: {spec: {containers: [{name: log, image: 'shop/log:1'}]}}}`;

describe('k8s_patch', () => {
  test('adds a container beside the others, since the lists of a built-in kind merge, and takes it back', async () => {
    const id = await done({ target: web, patch: sidecar });
    expect(await live()).toMatchObject({
      spec: { template: { spec: { containers: [{ name: 'log' }, { name: 'web', image: 'shop/web:1' }] } } },
    });
    const undo = await running.call('changes_undo', { id });
    expect((await running.approve(idOf(undo))).status).toBe('done');
    expect(await live()).toMatchObject({ spec: { template: { spec: { containers: [{ name: 'web' }] } } } });
  });

  test('replaces a list as a whole when it is a merge patch', async () => {
    const asked = await running.call('k8s_patch', { target: web, patch: sidecar, type: 'merge' });
    expect(asked.text).toMatch(/-\s+- name: web/);
    expect(asked.text).toMatch(/\+\s+- name: log/);
  });

  test('applies the operations of a JSON patch and undoes them', async () => {
    const operations = [
      { op: 'replace', path: '/data/mode', value: 'slow' },
      { op: 'add', path: '/data/colour', value: 'red' },
    ];
    const id = await done({ target: settings, patch: JSON.stringify(operations), type: 'json' });
    const at = '/api/v1/namespaces/shop/configmaps/settings';
    expect((await live(at))['data']).toEqual({ mode: 'slow', colour: 'red' });
    const undo = await running.call('changes_undo', { id });
    expect((await running.approve(idOf(undo))).status).toBe('done');
    expect((await live(at))['data']).toEqual({ mode: 'fast' });
  });

  test('has nothing to do where all of it is already so', async () => {
    for (const [patch, type] of [
      ['{"spec":{"replicas":2}}', undefined],
      ['{"spec":{"replicas":2}}', 'merge'],
      ['[{"op":"replace","path":"/spec/replicas","value":2}]', 'json'],
    ])
      expect(await running.call('k8s_patch', { target: web, patch, type })).toMatchObject({
        status: 'nothing_to_do',
      });
  });

  test('refuses a field that the kind does not know, whichever type it has', async () => {
    for (const [patch, type] of [
      ['{"spec":{"template":{"spec":{"containers":[{"name":"web","imagee":"x"}]}}}}', 'strategic'],
      ['{"spec":{"replicaz":2}}', 'merge'],
      ['[{"op":"add","path":"/spec/replicaz","value":2}]', 'json'],
    ]) {
      const refused = await running.call('k8s_patch', { target: web, patch, type });
      expect(refused.data, refused.text).toMatchObject({ status: 'failed', code: 'INVALID_MANIFEST' });
      expect(refused.text).toMatch(/does not know: .*(imagee|replicaz)/);
    }
  });

  test('waits for the pods that a patch of the template makes, and reports an image that is not there', async () => {
    const patch = `spec: {template: {spec: {containers: [{name: web, image: 'shop/gone:1'}]}}}`;
    const asked = await running.call('k8s_patch', { target: web, patch, waitSeconds: 30 });
    const outcome = await running.approve(idOf(asked));
    expect(outcome.status).toBe('failed');
    expect(outcome.text).toMatch(/ImagePullBackOff|ErrImagePull/);
    expect(await live()).toMatchObject({
      spec: { template: { spec: { containers: [{ image: 'shop/web:1' }] } } },
    });
  });

  test('holds the ticket to the object that was read: another one of that name is a conflict', async () => {
    const asked = await running.call('k8s_patch', { target: settings, patch: 'data: {mode: slow}' });
    const at = '/api/v1/namespaces/shop/configmaps';
    await askAsAdministrator(running.sandbox, { method: 'DELETE', path: `${at}/settings`, body: undefined });
    const again = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings' },
      data: { mode: 'fast' },
    };
    await askAsAdministrator(running.sandbox, { method: 'POST', path: at, body: again });
    expect((await running.approve(idOf(asked))).status).toBe('plan_changed');
  });

  test('names what no patch may touch', async () => {
    for (const [patch, type, says] of [
      ['metadata: {resourceVersion: "1"}', undefined, /resourceVersion/],
      ['metadata: {managedFields: []}', 'merge', /managedFields/],
      ['metadata: {$patch: delete}', undefined, /metadata cannot be taken away/],
      ['metadata: {$patch: replace, name: settings}', undefined, /metadata cannot be taken away/],
      ['[{"op":"replace","path":"/data/mode/0","value":"x"}]', 'json', /does not fit/],
      ['[{"op":"remove","path":"/metadata/uid"}]', 'json', /metadata\.uid/],
      ['status: {replicas: 9}', undefined, /status/],
      ['{"$patch":"replace","spec":{}}', undefined, /directive/],
      ['[{"op":"test","path":"/spec/replicas","value":2}]', 'json', /only add, replace and remove/],
      ['[{"op":"replace","path":"/spec/nothing/here","value":2}]', 'json', /operation|does not fit/i],
      ['{"spec":{}}', 'json', /a list/],
      ['a: 1\n---\nb: 2', 'merge', /exactly one document/],
    ] as const) {
      const refused = await running.call('k8s_patch', { target: web, patch, type });
      expect(refused.status, patch).toBe('failed');
      expect(refused.text, patch).toMatch(says);
    }
  });
});
