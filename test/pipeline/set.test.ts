import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { askAsAdministrator } from '../support/sandbox-client.ts';
import { askEverything, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';

const web = { kind: 'deploy', name: 'web', namespace: 'shop' };
const deployments = '/apis/apps/v1/namespaces/shop/deployments';
let running: TestVigie;

beforeEach(async () => {
  running = await startVigie({ policy: askEverything });
});
afterEach(() => running.stop());

async function ask(method: string, path: string, body?: Json): Promise<JsonObject> {
  return askAsAdministrator(running.sandbox, { method, path, body });
}

async function done(input: JsonObject): Promise<void> {
  const asked = await running.call('k8s_set', input);
  expect(asked.status, asked.text).toBe('approval_required');
  const outcome = await running.approve(idOf(asked));
  expect(outcome.status, outcome.text).toBe('done');
}

async function containers(name = 'web'): Promise<Json | undefined> {
  const object = await ask('GET', `${deployments}/${name}`);
  const { template } = object['spec'] as { template: { spec: { containers: Json } } };
  return template.spec.containers;
}

const two = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'two', namespace: 'shop' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'two' } },
    template: {
      metadata: { labels: { app: 'two' } },
      spec: {
        initContainers: [{ name: 'migrate', image: 'shop/migrate:1' }],
        containers: [
          { name: 'main', image: 'shop/two:1', env: [{ name: 'MODE', value: 'fast' }] },
          { name: 'proxy', image: 'shop/proxy:1' },
        ],
      },
    },
  },
};
const target = { ...web, name: 'two' };

describe('k8s_set', () => {
  test('sets the image of one container, waits for its pods, and takes it back', async () => {
    const asked = await running.call('k8s_set', { target: web, image: ['web=shop/web:2'] });
    expect((await running.approve(idOf(asked))).status).toBe('done');
    expect(await containers()).toMatchObject([{ name: 'web', image: 'shop/web:2' }]);
    const undo = await running.call('changes_undo', { id: idOf(asked) });
    expect((await running.approve(idOf(undo))).status).toBe('done');
    expect(await containers()).toMatchObject([{ name: 'web', image: 'shop/web:1' }]);
  });

  test('sets every container by a star, an init container by its name alone', async () => {
    await ask('POST', deployments, two);
    await done({ target, image: ['*=shop/all:1', 'migrate=shop/migrate:2'] });
    expect(await containers('two')).toMatchObject([{ image: 'shop/all:1' }, { image: 'shop/all:1' }]);
    expect(await ask('GET', `${deployments}/two`)).toMatchObject({
      spec: { template: { spec: { initContainers: [{ image: 'shop/migrate:2' }] } } },
    });
  });

  test('sets, refers and removes variables, and changes the form that one had', async () => {
    await ask('POST', deployments, two);
    await done({
      target,
      container: 'main',
      env: ['COLOUR=a=b,c', 'EMPTY=', 'PASS@secret/db/password', 'MODE@configmap/settings/mode'],
    });
    expect(await containers('two')).toMatchObject([
      {
        env: expect.arrayContaining([
          { name: 'COLOUR', value: 'a=b,c' },
          { name: 'PASS', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
          { name: 'MODE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'mode' } } },
        ]),
      },
      { name: 'proxy' },
    ]);
    await done({ target, env: ['MODE=slow', 'COLOUR-', 'EMPTY-', 'PASS@configmap/settings/mode'] });
    expect(await containers('two')).toMatchObject([
      {
        env: [
          { name: 'MODE', value: 'slow' },
          { name: 'PASS', valueFrom: { configMapKeyRef: { name: 'settings', key: 'mode' } } },
        ],
      },
      { env: [{ name: 'MODE', value: 'slow' }, { name: 'PASS' }] },
    ]);
    expect(JSON.stringify(await containers('two'))).not.toMatch(/secretKeyRef|COLOUR|EMPTY|null/);
  });

  test('sets and removes requests and limits', async () => {
    await done({ target: web, resources: ['limits.memory=1Gi', 'requests.cpu=0.5'] });
    expect(await containers()).toMatchObject([
      { resources: { limits: { memory: '1Gi' }, requests: { cpu: '500m' } } },
    ]);
    // The same amount spelled in another way is no change.
    expect(await running.call('k8s_set', { target: web, resources: ['requests.cpu=500m'] })).toMatchObject({
      status: 'nothing_to_do',
    });
    await done({ target: web, resources: ['limits.memory-'] });
    expect(JSON.stringify(await containers())).not.toContain('limits":{"memory');
  });

  test('sets and removes labels and annotations of any object', async () => {
    const settings = { kind: 'cm', name: 'settings', namespace: 'shop' };
    await done({ target: settings, labels: ['team=shop'], annotations: ['example.org/note=two words'] });
    await done({ target: settings, labels: ['team-'] });
    const { metadata } = await ask('GET', '/api/v1/namespaces/shop/configmaps/settings');
    expect(metadata).toMatchObject({ annotations: { 'example.org/note': 'two words' } });
    expect(JSON.stringify(metadata)).not.toContain('"team":');
  });

  test('has nothing to do where all is already so', async () => {
    const same = { target: web, image: ['web=shop/web:1'], labels: ['app=web', 'gone-'] };
    expect(await running.call('k8s_set', same)).toMatchObject({ status: 'nothing_to_do' });
  });

  test('reports a pod that asks for more than its limit allows in the words of the server', async () => {
    const asked = await running.call('k8s_set', {
      target: web,
      resources: ['requests.memory=2Gi', 'limits.memory=1Gi'],
    });
    expect(asked).toMatchObject({ data: { code: 'REJECTED_BY_SERVER' } });
  });

  test('names what it does not know, with the nearest', async () => {
    const cases: [JsonObject, RegExp][] = [
      [{ target: web, image: ['wbe=shop/web:2'] }, /no container "wbe": did you mean web/],
      [
        { target: web, env: ['A=1'], container: 'nothing-like-it' },
        /no container "nothing-like-it": it has web/,
      ],
      [{ target: web, env: ['A@secret/db/pasword'] }, /no key "pasword": did you mean password/],
      [{ target: web, env: ['A@secret/none/x'] }, /Secret\/none/],
      [{ target: web, env: ['A@vault/none/x'] }, /neither secret\/NAME\/KEY nor configmap/],
      [{ target: web, env: ['no sign'] }, /neither KEY=value nor KEY-/],
      [
        { target: web, resources: ['limits.memory=8Gib'] },
        /quantities must match the regular expression '\^\(/,
      ],
      [{ target: web, resources: ['memory=1Gi'] }, /limits\.NAME=amount/],
      [{ target: web, image: ['web-'] }, /needs container=image/],
      [{ target: web, image: ['shop/web:2'] }, /"shop\/web:2" names no container; there are: web/],
      [{ target: web }, /needs something to set/],
      [{ target: { kind: 'svc', name: 'web', namespace: 'shop' }, env: ['A=1'] }, /has no containers/],
    ];
    for (const [input, says] of cases) {
      const refused = await running.call('k8s_set', input);
      expect(refused.status, JSON.stringify(input)).toBe('failed');
      expect(refused.text).toMatch(says);
    }
  });

  test('blames the field in which an unknown container was named', async () => {
    const byImage = await running.call('k8s_set', { target: web, image: ['wbe=shop/web:2'] });
    expect(byImage.data).toMatchObject({ details: { issues: [{ field: 'image' }] } });
    const byContainer = await running.call('k8s_set', { target: web, env: ['A=1'], container: 'wbe' });
    expect(byContainer.data).toMatchObject({ details: { issues: [{ field: 'container' }] } });
  });

  test('never says a value again that came in the wrong form', async () => {
    const refused = await running.call('k8s_set', { target: web, resources: ['DB_PASSWORD=hunter2-secret'] });
    expect(refused.text).not.toContain('hunter2');
  });
});
