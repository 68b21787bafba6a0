import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { othersChecks } from '../../src/desk/checks/others.ts';
import { changedSince } from '../../src/pipeline/changed-since.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { loadWorld } from '../../src/sandbox/world.ts';
import { allowEverything, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';

// Somebody writes beside Vigie: it cannot be kept from it, and it is told.

let running: TestVigie;
beforeEach(async () => {
  running = await startVigie({ policy: allowEverything });
});
afterEach(() => running.stop());

const signal = new AbortController().signal;
const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
const webPath = '/apis/apps/v1/namespaces/shop/deployments/web';
const settings = { kind: 'ConfigMap', name: 'settings', namespace: 'shop' };
const settingsPath = '/api/v1/namespaces/shop/configmaps/settings';

/** The server keeps whole seconds. */
const nextSecond = () => sleep(1_100);

function ask(path: string): Promise<Response> {
  return fetch(running.sandbox.url + path, {
    headers: { authorization: `Bearer ${running.sandbox.token}` },
  });
}

/** As another client than Vigie, later than what was before. */
async function beside(method: string, path: string, body?: object): Promise<void> {
  await nextSecond();
  const answer = await fetch(running.sandbox.url + path, {
    method,
    headers: {
      authorization: `Bearer ${running.sandbox.token}`,
      'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(answer.ok, `${method} ${path}: ${answer.status}`).toBe(true);
  await running.sandbox.settled();
}

async function scaled(): Promise<string> {
  return idOf(await running.call('k8s_scale', { target: web, replicas: 3 }));
}

const told = async (id: string) => (await running.call('changes_get', { id })).text;

async function doctorSays(): Promise<string[]> {
  const lines: string[] = [];
  for await (const check of othersChecks(running.vigie, { environment: 'test', signal }))
    lines.push(check.what);
  return lines;
}

test('a change on whose objects nobody wrote since tells of nobody, whatever controllers report', async () => {
  const id = await scaled();
  await running.sandbox.advance(60_000);
  expect(await told(id)).not.toMatch(/since/);
  expect(await doctorSays()).toEqual(['nobody else shows on the objects of 1 of the newest changes']);
});

test('the revision that a rollout comes to later is its report, and no change by somebody else', async () => {
  const recreate = '{"spec": {"strategy": {"type": "Recreate", "rollingUpdate": null}}}';
  await running.call('k8s_patch', { target: web, patch: recreate });
  const id = idOf(await running.call('k8s_set', { target: web, image: ['*=shop/web:2'], waitSeconds: 0 }));
  // The old pods take their time to end, and only then is there a new revision.
  await running.sandbox.advance(60_000);
  const live = (await (await ask(webPath)).json()) as { metadata: { annotations: Record<string, string> } };
  expect(live.metadata.annotations['deployment.kubernetes.io/revision']).toBe('2');
  expect(await told(id)).not.toContain('also changed since');
});

test('a write by another manager is told with its name and time, by the change and by doctor', async () => {
  const id = await scaled();
  await beside('PATCH', `${webPath}?fieldManager=kubectl-edit`, { spec: { replicas: 9 } });
  const line = /Deployment\/web in shop: also changed since by kubectl-edit at \d{4}-\d\d-\d\dT[\d:]+Z/;
  expect(await told(id)).toMatch(line);
  expect(await doctorSays()).toEqual([expect.stringMatching(line)]);
});

test('what another manager wrote before the change is not told', async () => {
  await beside('PATCH', `${webPath}?fieldManager=kubectl-edit`, { metadata: { annotations: { a: 'b' } } });
  await nextSecond();
  expect(await told(await scaled())).not.toContain('kubectl-edit');
});

test('a later change by Vigie hides nobody who wrote between the two, and is not told of them itself', async () => {
  const first = await scaled();
  await beside('PATCH', `${webPath}?fieldManager=helm`, { metadata: { annotations: { a: 'b' } } });
  await nextSecond();
  const second = idOf(await running.call('k8s_scale', { target: web, replicas: 4 }));
  expect(await told(second)).not.toContain('helm');
  expect(await told(first)).toMatch(/also changed since by helm at \S+\n/);
});

test('the name of a manager cannot take a line of its own or hide characters', async () => {
  const id = await scaled();
  const name = encodeURIComponent(`x\u202Ey${'z'.repeat(90)}`);
  await beside('PATCH', `${webPath}?fieldManager=${name}`, { metadata: { annotations: { a: 'b' } } });
  const text = await told(id);
  expect(text).toMatch(/also changed since by xyz/);
  expect(text).not.toContain('\u202E');
  expect(text).not.toContain('z'.repeat(80));
});

test('an object that was taken away, or made anew after Vigie deleted it, is told', async () => {
  const id = await scaled();
  await beside('DELETE', webPath);
  expect(await told(id)).toContain('Deployment/web in shop: gone since');
  const deleted = idOf(await running.call('k8s_delete', { target: settings }));
  expect(await told(deleted)).not.toContain('since');
  await beside('POST', settingsPath.replace('/settings', ''), {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'shop' },
  });
  expect(await told(deleted)).toContain('ConfigMap/settings in shop: made again since, at ');
});

test('where another cluster stands behind the name, it is said that nobody looked', async () => {
  const id = await scaled();
  await beside('PATCH', `${webPath}?fieldManager=kubectl-edit`, { spec: { replicas: 9 } });
  const twin = await startSandbox({ world: await loadWorld('test/fixtures/worlds/small.yaml') });
  writeFileSync(join(running.dir, 'kubeconfig'), twin.kubeconfig(), { mode: 0o600 });
  const elsewhere = await running.reopen();
  const { changes } = await elsewhere.store();
  const record = await changes.get(id);
  expect(await changedSince(elsewhere, { record, signal })).toEqual([
    'what others wrote since was not looked at: WRONG_CLUSTER',
  ]);
  await elsewhere.close();
  await twin.close();
});
