import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { k8sTools } from '../../src/tools/k8s/index.ts';
import { eventually } from '../support/eventually.ts';
import {
  type Cluster,
  deploymentOf,
  describeOnCluster,
  namespaceOf,
  startCluster,
} from './support/on-cluster.ts';
import { type RealVigie, secretValue, startRealVigie } from './support/start-real-vigie.ts';

// Every tool on a real API server whose controllers, scheduler and garbage collector are at work.

const deployments = '/apis/apps/v1/namespaces/shop/deployments';

describeOnCluster('the tools on a real cluster', binaries => {
  let cluster: Cluster;
  let running: RealVigie;
  const used = new Set<string>();

  beforeAll(async () => {
    cluster = await startCluster(binaries);
    await cluster.make('/api/v1/namespaces', namespaceOf('shop'), namespaceOf('other'));
    await cluster.make(
      `${deployments}?fieldManager=helm`,
      deploymentOf('web'),
      deploymentOf('cart'),
      deploymentOf('gone'),
    );
    running = await startRealVigie({
      kubeconfig: readFileSync(cluster.kubeconfig, 'utf8'),
      namespaces: ['shop', 'other'],
    });
  });
  afterAll(async () => {
    await cluster.stop();
    await running.stop();
  });

  function call(tool: string, input: unknown) {
    used.add(tool);
    return running.call(tool, input);
  }

  function change(tool: string, input: unknown) {
    used.add(tool);
    return running.change(tool, input);
  }

  const apply = (manifest: string, more: object = {}) =>
    change('k8s_apply', { manifest, namespace: 'shop', ...more });

  async function field(name: string, path: string): Promise<string> {
    const target = { kind: 'Deployment', name, namespace: 'shop' };
    return (await call('k8s_get', { target, field: path })).text.trim();
  }

  test('k8s_list counts the pods that the controllers made', async () => {
    await expect
      .poll(() => call('k8s_list', { kind: 'pods' }))
      .toMatchObject({
        data: { total: 6, counts: { Running: 6 } },
      });
  });

  describe('k8s_apply', () => {
    test('makes a kind and an object of it in one plan, and takes both back', async () => {
      const done = await apply(brew);
      expect(done).toMatchObject({ status: 'done' });
      const listed = await call('k8s_list', { kind: 'brews' });
      expect(listed.text).toContain('morning');
      const undone = await change('changes_undo', { id: done.data['id'] });
      expect(undone.text).toMatch(/is gone/);
      expect(undone.status).toBe('done');
      // The server tells what it serves a moment after a definition is gone.
      await expect
        .poll(async () => (await call('k8s_list', { kind: 'brews' })).data)
        .toMatchObject({ code: 'UNKNOWN_KIND' });
    });

    test('fills a Secret by its alias, and no answer ever shows the value', async () => {
      const manifest =
        'apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {user: shop-user-name}\n';
      const asked = await call('k8s_apply', {
        manifest,
        namespace: 'shop',
        secretData: { 'db/password': 'db-password' },
      });
      const done = await running.approve(asked.data['id']);
      expect(done.status).toBe('done');
      const { body } = await cluster.call({ method: 'GET', path: '/api/v1/namespaces/shop/secrets/db' });
      expect(body['data']).toMatchObject({ password: Buffer.from(secretValue).toString('base64') });
      const got = await call('k8s_get', { target: { kind: 'Secret', name: 'db', namespace: 'shop' } });
      const said = [asked, done, got].map(({ text, data }) => text + JSON.stringify(data)).join('\n');
      for (const value of [secretValue, 'shop-user-name']) {
        expect(said).not.toContain(value);
        expect(said).not.toContain(Buffer.from(value).toString('base64'));
      }
    });

    test('takes a Service whose address is drawn anew at each dry run for the same plan', async () => {
      const done = await apply(
        `apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: NodePort, selector: {app: web}, ports: [{port: 80}]}`,
      );
      expect(done.text).toMatch(/^done: /);
    });

    test('leaves an equal object alone', async () => {
      const manifest = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: same}\ndata: {a: "1"}';
      expect((await apply(manifest)).status).toBe('done');
      expect((await call('k8s_apply', { manifest, namespace: 'shop' })).status).toBe('nothing_to_do');
    });

    test('names the owner of a field, takes it only by force, and gives it back', async () => {
      const manifest = imageOf('web', 'shop/web:2');
      const refused = await call('k8s_apply', { manifest, namespace: 'shop' });
      expect(refused.data).toMatchObject({
        code: 'CONFLICT',
        details: { owners: ['helm'], fields: ['.spec.template.spec.containers[name="main"].image'] },
      });
      const done = await apply(manifest, { force: true });
      expect(done).toMatchObject({ status: 'done' });
      expect(await field('web', 'spec.template.spec.containers[0].image')).toBe('shop/web:2');
      expect((await change('changes_undo', { id: done.data['id'] })).status).toBe('done');
      expect(await field('web', 'spec.template.spec.containers[0].image')).toBe('shop/web:1');
    });

    test('takes a hundred documents, and undoes them', async () => {
      const documents = Array.from(
        { length: 100 },
        (_, index) =>
          `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: many-${index}}\ndata: {n: "${index}"}`,
      );
      const done = await apply(documents.join('\n---\n'));
      expect(done.status).toBe('done');
      const list = '/api/v1/namespaces/shop/configmaps';
      const count = async () => {
        const { body } = await cluster.call({ method: 'GET', path: list });
        return JSON.stringify(body).match(/"name":"many-\d+"/g)?.length ?? 0;
      };
      expect(await count()).toBe(100);
      expect((await change('changes_undo', { id: done.data['id'] })).status).toBe('done');
      expect(await count()).toBe(0);
    });

    test('takes names as long as the server does, and no longer', async () => {
      const configMap = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}`;
      const service = (name: string) =>
        `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {ports: [{port: 80}]}`;
      expect((await apply(`${configMap('c'.repeat(253))}\n---\n${service('s'.repeat(63))}`)).status).toBe(
        'done',
      );
      for (const manifest of [configMap('c'.repeat(254)), service('s'.repeat(64))]) {
        const refused = await call('k8s_apply', { manifest, namespace: 'shop' });
        expect(refused.status).toBe('failed');
        expect(refused.data['code']).toMatch(/^(REJECTED_BY_SERVER|INVALID_MANIFEST|INVALID_INPUT)$/);
      }
    });

    test('makes a PodDisruptionBudget that then counts the real pods', async () => {
      const manifest = `apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: cart}\nspec: {minAvailable: 2, selector: {matchLabels: {app: cart}}}`;
      expect((await apply(manifest)).status).toBe('done');
      const target = { kind: 'pdb', name: 'cart', namespace: 'shop' };
      await expect
        .poll(async () => (await call('k8s_get', { target, field: 'status.currentHealthy' })).text.trim())
        .toBe('2');
    });
  });

  describe('k8s_rollout', () => {
    const target = { kind: 'deploy', name: 'cart', namespace: 'shop' };
    const rollout = (action: string, more: object = {}) => change('k8s_rollout', { target, action, ...more });

    test('restarts, shows how it stands and its history', async () => {
      expect((await rollout('restart')).status).toBe('done');
      const status = await call('k8s_rollout', { target, action: 'status' });
      expect(status.data).toMatchObject({ health: 'healthy' });
      const history = await call('k8s_rollout', { target, action: 'history' });
      expect(history.data['revisions']).toMatchObject([{ revision: 1 }, { revision: 2 }]);
    });

    test('goes back to the revision before, and back from there', async () => {
      const before = await field('cart', 'spec.template.metadata.annotations');
      expect(before).toContain('restartedAt');
      const undone = await rollout('undo');
      expect(undone.status).toBe('done');
      expect(await field('cart', 'spec.template.metadata')).not.toContain('restartedAt');
      expect((await change('changes_undo', { id: undone.data['id'] })).status).toBe('done');
      expect(await field('cart', 'spec.template.metadata')).toContain('restartedAt');
    });

    test('pauses, refuses a restart meanwhile, resumes', async () => {
      expect((await rollout('pause')).status).toBe('done');
      expect((await call('k8s_rollout', { target, action: 'restart' })).text).toContain('paused');
      expect((await rollout('resume')).status).toBe('done');
      expect((await call('k8s_rollout', { target, action: 'resume' })).status).toBe('nothing_to_do');
    });

    test('whose image is missing is not called done', async () => {
      const ended = await apply(imageOf('cart', 'shop/cart:missing'), { force: true });
      expect(ended.status, ended.text).toBe('failed');
      expect(ended.text).toContain('ImagePullBackOff');
      expect(await field('cart', 'spec.template.spec.containers[0].image')).toBe('shop/web:1');
    });
  });

  describe('of other workloads', () => {
    const workload = (kind: string, more: string) =>
      `apiVersion: apps/v1\nkind: ${kind}\nmetadata: {name: ${kind.toLowerCase()}}\nspec: {${more}selector: {matchLabels: {app: ${kind}}}, template: {metadata: {labels: {app: ${kind}}}, spec: {containers: [{name: main, image: 'shop/x:1'}]}}}`;

    test.each([
      ['StatefulSet', 'serviceName: s, replicas: 2, ', /2 pods ready/],
      ['DaemonSet', '', /available on 1 node/],
    ])('%s: made, restarted at low risk, gone back, with its history', async (kind, more, healthy) => {
      expect((await apply(workload(kind, more))).text).toMatch(healthy);
      const target = { kind, name: kind.toLowerCase(), namespace: 'shop' };
      const asked = await call('k8s_rollout', { target, action: 'restart' });
      expect(asked.data).toMatchObject({ risk: 'low' });
      const restarted = await running.approve(asked.data['id']);
      expect(restarted.text).toMatch(healthy);
      expect((await change('k8s_rollout', { target, action: 'undo' })).status).toBe('done');
      const history = await call('k8s_rollout', { target, action: 'history' });
      expect(history.data['revisions']).toHaveLength(2);
    });
  });

  test('k8s_scale scales, is undone, and sees what is already so', async () => {
    const target = { kind: 'Deployment', name: 'cart', namespace: 'shop' };
    const done = await change('k8s_scale', { target, replicas: 5 });
    expect(done.status).toBe('done');
    expect((await call('k8s_scale', { target, replicas: 5 })).status).toBe('nothing_to_do');
    expect((await change('changes_undo', { id: done.data['id'] })).status).toBe('done');
    expect(await field('cart', 'spec.replicas')).toBe('2');
  });

  describe('k8s_patch and k8s_set', () => {
    const target = { kind: 'Deployment', name: 'cart', namespace: 'shop' };
    const containers = () => field('cart', 'spec.template.spec.containers');

    test('merge the lists of a built-in kind, and take the change back', async () => {
      const patch = 'spec: {template: {spec: {containers: [{name: log, image: "shop/log:1"}]}}}';
      const done = await change('k8s_patch', { target, patch });
      expect(done.status, done.text).toBe('done');
      expect(await containers()).toMatch(/log[\s\S]*main/);
      const undone = await change('changes_undo', { id: done.data['id'] });
      expect(undone.status, undone.text).toBe('done');
      expect(await containers()).not.toContain('shop/log');
    });

    test('set, refer and remove variables, and amounts that the server spells in its own way', async () => {
      await apply('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: modes}\ndata: {mode: fast}');
      const set = (more: object) => change('k8s_set', { target, ...more });
      const first = await set({ env: ['MODE=slow', 'HOSTS=a,b=c'], resources: ['requests.cpu=0.1'] });
      expect(first.status, first.text).toBe('done');
      const second = await set({ env: ['MODE@configmap/modes/mode', 'HOSTS-'], labels: ['team=shop'] });
      expect(second.status, second.text).toBe('done');
      const now = await containers();
      expect(now).toContain('configMapKeyRef');
      expect(now).toContain('100m');
      expect(now).not.toMatch(/HOSTS|value: slow/);
      const back = await set({ env: ['MODE=slow'], resources: ['requests.cpu-'], labels: ['team-'] });
      expect(back.status, back.text).toBe('done');
      expect(await containers()).not.toMatch(/configMapKeyRef|100m/);
      const again = await call('k8s_set', {
        target,
        env: ['MODE=slow', 'HOSTS-'],
        image: ['main=shop/web:1'],
      });
      expect(again.status, again.text).toBe('nothing_to_do');
    });

    test('take the operations of a JSON patch as what they leave', async () => {
      const annotations = { op: 'add', path: '/metadata/annotations/example.org~1note', value: 'two words' };
      const done = await change('k8s_patch', { target, type: 'json', patch: JSON.stringify([annotations]) });
      expect(done.status, done.text).toBe('done');
      expect(await field('cart', 'metadata.annotations')).toContain('two words');
      expect((await change('changes_undo', { id: done.data['id'] })).status).toBe('done');
      expect(await field('cart', 'metadata')).not.toContain('two words');
    });

    test('are refused by the server where a field is unknown, whichever type the patch has', async () => {
      for (const [patch, type] of [
        ['spec: {template: {spec: {containers: [{name: main, imagee: x}]}}}', undefined],
        ['spec: {replicaz: 2}', 'merge'],
        ['[{"op":"add","path":"/spec/replicaz","value":2}]', 'json'],
      ])
        expect((await call('k8s_patch', { target, patch, type })).data).toMatchObject({
          code: 'INVALID_MANIFEST',
        });
    });

    test('of a custom kind merge by default, and say that it has no strategic patch', async () => {
      expect((await apply(brew)).status).toBe('done');
      const morning = { kind: 'brews', name: 'morning', namespace: 'shop' };
      const patch = 'metadata: {labels: {cup: small}}';
      const refused = await call('k8s_patch', { target: morning, patch, type: 'strategic' });
      expect(refused.text).toMatch(/takes no strategic patch/);
      expect((await change('k8s_patch', { target: morning, patch })).status).toBe('done');
    });
  });

  test('k8s_diff tells of each object what the server would make of it, and changes nothing', async () => {
    const alike = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: alike}\ndata: {a: "1"}';
    expect((await apply(alike)).status).toBe('done');
    const manifest = [
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fresh}\ndata: {a: b}',
      alike,
      imageOf('gone', 'shop/web:2'),
      'apiVersion: v1\nkind: Service\nmetadata: {name: bad}\nspec: {portz: []}',
    ].join('\n---\n');
    const answer = await call('k8s_diff', { manifest, namespace: 'shop' });
    expect(answer.data, answer.text).toMatchObject({
      differs: true,
      counts: { create: 1, same: 1, conflict: 1, invalid: 1 },
    });
    expect(answer.text).toContain('+  a: b');
    const forced = await call('k8s_diff', { manifest, namespace: 'shop', force: true });
    expect(forced.text).toMatch(/-.*shop\/web:1\n\+.*shop\/web:2/);
    const target = { kind: 'ConfigMap', name: 'fresh', namespace: 'shop' };
    expect((await call('k8s_get', { target })).data).toMatchObject({ code: 'NOT_FOUND' });
  });

  describe('k8s_delete', () => {
    test('shows what goes along, and is undone by making the object again', async () => {
      const target = { kind: 'Deployment', name: 'gone', namespace: 'shop' };
      const asked = await call('k8s_delete', { target });
      expect(asked.text).toMatch(/ReplicaSet\/gone-/);
      expect(asked.text.match(/Pod\/gone-/g)?.length).toBe(2);
      const done = await running.approve(asked.data['id']);
      expect(done.status).toBe('done');
      expect((await call('k8s_get', { target })).data).toMatchObject({ code: 'NOT_FOUND' });
      expect((await change('changes_undo', { id: done.data['id'] })).status).toBe('done');
      await expect.poll(() => field('gone', 'status.readyReplicas')).toBe('2');
    });

    test('of a pod whose controller makes another says that there is nothing to undo', async () => {
      const listed = () => call('k8s_list', { kind: 'pods', labelSelector: 'app=web', format: 'json' });
      // Those of rollouts before are on their way out for a while.
      await expect.poll(listed).toMatchObject({ data: { total: 2, counts: { Running: 2 } } });
      const [{ name }] = (await listed()).data['rows'] as [{ name: string }];
      const asked = await call('k8s_delete', { target: { kind: 'Pod', name, namespace: 'shop' } });
      expect(asked.data['undo']).toMatch(/^ReplicaSet\/web-\w+ makes another one/);
      expect((await running.approve(asked.data['id'])).status).toBe('done');
    });

    test('of several by their labels takes those and no other', async () => {
      await apply(
        ['one', 'two']
          .map(name => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, labels: {set: a}}`)
          .join('\n---\n'),
      );
      const matching = { kind: 'cm', namespace: 'shop', labelSelector: 'set=a' };
      const done = await change('k8s_delete', { matching });
      expect(done.text).toMatch(/one in shop is gone[\s\S]*two in shop is gone/);
      const left = await call('k8s_get', { target: { kind: 'cm', name: 'same', namespace: 'shop' } });
      expect(left.status).toBe('answered');
    });

    test('of what a finalizer holds is unverified and says what holds it', async () => {
      await apply('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: held, finalizers: [example.org/hold]}');
      const target = { kind: 'ConfigMap', name: 'held', namespace: 'shop' };
      const asked = await call('k8s_delete', { target, waitSeconds: 1 });
      expect(JSON.stringify(asked.data['warnings'])).toContain('example.org/hold');
      const ended = await running.approve(asked.data['id']);
      expect(ended.status).toBe('unverified');
      expect(ended.text).toContain('held by example.org/hold');
      const path = '/api/v1/namespaces/shop/configmaps/held';
      const contentType = 'application/merge-patch+json';
      await cluster.call({ method: 'PATCH', path, contentType, body: { metadata: { finalizers: null } } });
    });

    test('of a namespace lists what is in it, and says that there is no way back', async () => {
      await cluster.make('/api/v1/namespaces/other/configmaps', {
        metadata: { name: 'inside' },
      });
      const asked = await call('k8s_delete', { target: { kind: 'Namespace', name: 'other' } });
      expect(asked.data).toMatchObject({ status: 'approval_required', risk: 'high' });
      expect(asked.text).toContain('ConfigMap/inside');
      expect(asked.data['undo']).toContain('everything in the namespace');
      const ended = await running.approve(asked.data['id']);
      expect(ended.status).toBe('done');
      expect((await cluster.call({ method: 'GET', path: '/api/v1/namespaces/other' })).status).toBe(404);
    });
  });

  describe('what is read', () => {
    test('k8s_events shows what the real controllers reported of a workload', async () => {
      const target = { kind: 'Deployment', name: 'web', namespace: 'shop' };
      await eventually(async () => {
        const { text, status } = await call('k8s_events', { target });
        expect(status).toBe('answered');
        expect(text).toContain('ScalingReplicaSet');
        expect(text).toContain('SuccessfulCreate');
        expect(text).toMatch(/Scheduled/);
      });
    });

    test('k8s_logs says why there is no log where no kubelet answers', async () => {
      const target = { kind: 'Deployment', name: 'web', namespace: 'shop' };
      // A pod that was just deleted is made anew.
      await expect.poll(() => field('web', 'status.readyReplicas')).toBe('2');
      const answer = await call('k8s_logs', { target });
      expect(answer.status).toBe('answered');
      expect(answer.text).toMatch(/not read: web-.*preferred addresses/);
      const [pod] = answer.data['pods'] as string[];
      const one = await call('k8s_logs', { target: { kind: 'Pod', name: pod, namespace: 'shop' } });
      expect(one.data).toMatchObject({ status: 'failed', code: 'SERVER_ERROR', retryable: true });
      expect(one.text).toContain('no preferred addresses');
    });

    test('k8s_get names a field of a real object', async () => {
      expect(await field('web', 'spec.selector.matchLabels.app')).toBe('web');
    });

    test('environments_list and changes_list tell of this cluster and of every change', async () => {
      expect((await call('environments_list', {})).text).toContain('real');
      const listed = await call('changes_list', { limit: 100 });
      expect(listed.text).toContain('k8s_rollout');
      expect((await call('changes_get', { id: 'nonesuch' })).data).toMatchObject({ code: 'UNKNOWN_CHANGE' });
    });
  });

  test('the tools that only look answer about what the others made', async () => {
    const target = { kind: 'Deployment', name: 'web', namespace: 'shop' };
    expect((await call('k8s_describe', { target })).text).toMatch(/^Deployment\/web in shop: /);
    expect((await call('k8s_explain', { path: 'deployment.spec.replicas' })).data).toMatchObject({
      described: true,
    });
    const create = { verb: 'create', resource: 'pods', namespace: 'shop' };
    expect((await call('k8s_access', create)).data).toMatchObject({ allowed: true });
    expect((await call('k8s_top', {})).data).toMatchObject({ code: 'UNKNOWN_KIND' });
  });

  test('no tool of the registry was left out', () => {
    const elsewhere = ['drain', 'exec', 'diagnose', 'audit'].map(file =>
      readFileSync(join(import.meta.dirname, `${file}.test.ts`), 'utf8'),
    );
    const left = running.vigie.tools
      .map(tool => tool.name)
      .filter(name => ofEveryCluster.test(name) && !used.has(name) && !askNoCluster.has(name))
      .filter(name => !elsewhere.some(text => text.includes(`'${name}'`)));
    expect(left).toEqual(triedOnTheSandboxAlone);
    expect(k8sTools.length).toBeGreaterThan(5);
  });
});

// The families that need nothing but a cluster; the others are tried on the systems that they speak to (test/integrations).
const ofEveryCluster = /^(?:k8s|manifests|changes|environments)_/;
// What is judged from files alone.
const askNoCluster = new Set(['k8s_diagnose_files', 'manifests_lint']);
// What stands in for a kubelet has no programs, so no tar for k8s_cp; the line of k8s_port_forward is tried below the tool
// (exec.test.ts).
const triedOnTheSandboxAlone = ['k8s_cp', 'k8s_port_forward'];

function imageOf(name: string, image: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec: {template: {spec: {containers: [{name: main, image: '${image}'}]}}}`;
}

const brew = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: brews.tea.example.org}
spec:
  group: tea.example.org
  scope: Namespaced
  names: {plural: brews, singular: brew, kind: Brew, listKind: BrewList}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {cups: {type: integer}}}}}}
---
apiVersion: tea.example.org/v1
kind: Brew
metadata: {name: morning}
spec: {cups: 2}
`;
