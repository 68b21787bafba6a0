import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { lineBetween } from './support/line-between.ts';
import {
  type Cluster,
  deploymentOf,
  describeOnCluster,
  namespaceOf,
  startCluster,
} from './support/on-cluster.ts';
import { type RealVigie, startRealVigie } from './support/start-real-vigie.ts';
import { untilAllowed } from './support/until-allowed.ts';

// What a real API server refuses, and what changes between asking and applying: each told as a person can mend it.

const deployments = '/apis/apps/v1/namespaces/shop/deployments';
const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/shop';
const merge = 'application/merge-patch+json';
const workloads = {
  apiGroups: ['apps'],
  resources: ['deployments', 'deployments/scale'],
  verbs: ['get', 'list', 'patch'],
};
const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };

describeOnCluster('a real cluster that refuses', binaries => {
  let cluster: Cluster;
  let running: RealVigie;
  let admin = '';

  beforeAll(async () => {
    cluster = await startCluster(binaries);
    await cluster.make('/api/v1/namespaces', namespaceOf('shop'), namespaceOf('tight'));
    await cluster.make(`${deployments}?fieldManager=vigie`, deploymentOf('web'));
    admin = readFileSync(cluster.kubeconfig, 'utf8');
    running = await startRealVigie({ kubeconfig: admin });
  });
  afterAll(async () => {
    await cluster.stop();
    await running.stop();
  });

  const apply = (manifest: string, namespace = 'shop') => running.call('k8s_apply', { manifest, namespace });

  /** Gives somebody rights in the namespace shop. */
  async function allow(user: string, rules: object[]): Promise<void> {
    const apiGroup = 'rbac.authorization.k8s.io';
    const metadata = { name: user };
    await cluster.make(`${rbac}/roles`, { metadata, rules });
    await cluster.make(`${rbac}/rolebindings`, {
      metadata,
      subjects: [{ kind: 'User', name: user, apiGroup }],
      roleRef: { kind: 'Role', name: user, apiGroup },
    });
  }

  async function patchWeb(body: object): Promise<void> {
    await cluster.call({ method: 'PATCH', path: `${deployments}/web`, contentType: merge, body });
  }

  /** Until the controllers have said all that they have to say of the Deployment. */
  async function untilSettled(): Promise<void> {
    await eventually(async () => {
      const { body } = await cluster.call({ method: 'GET', path: `${deployments}/web` });
      const { metadata, spec, status } = body as unknown as {
        metadata: { generation: number };
        spec: { replicas: number };
        status: { terminatingReplicas?: number };
      };
      const { replicas: count } = spec;
      expect({ terminatingReplicas: 0, ...status }).toMatchObject({
        observedGeneration: metadata.generation,
        replicas: count,
        readyReplicas: count,
        availableReplicas: count,
        updatedReplicas: count,
        terminatingReplicas: 0,
      });
    });
  }

  async function replicas(): Promise<unknown> {
    return (await cluster.call({ method: 'GET', path: `${deployments}/web` })).body['spec'];
  }

  describe('an object that is wrong', () => {
    test('for a field that its kind does not know is refused by that name', async () => {
      const wrong = `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: main, imagee: a}]}}}`;
      const refused = await apply(wrong);
      expect(refused.data).toMatchObject({ status: 'failed', code: 'INVALID_MANIFEST' });
      expect(JSON.stringify(refused.data['details'])).toContain('imagee');
      expect(refused.text).toContain('Deployment/web');
    });

    test('for a type that does not fit names the field', async () => {
      const refused = await apply(
        'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: many}',
      );
      expect(refused.data).toMatchObject({ status: 'failed', code: 'INVALID_MANIFEST' });
      expect(refused.text).toContain('replicas');
    });

    test('for an immutable field says which', async () => {
      const refused = await apply(
        'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {selector: {matchLabels: {app: other}}, template: {metadata: {labels: {app: other}}}}',
      );
      expect(refused.data).toMatchObject({ code: 'REJECTED_BY_SERVER' });
      expect(JSON.stringify(refused.data['details'])).toContain('spec.selector');
      expect(refused.text).toContain('immutable');
    });

    test('of a kind that the cluster does not serve names the nearest ones', async () => {
      const refused = await apply('apiVersion: apps/v1\nkind: Deploymet\nmetadata: {name: web}');
      expect(refused.data).toMatchObject({ code: 'UNKNOWN_KIND', details: { nearest: ['Deployment'] } });
    });
  });

  describe('a rule of the cluster', () => {
    test('a quota refuses the preview already, and says what is used up', async () => {
      await cluster.make('/api/v1/namespaces/tight/resourcequotas', {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'few' },
        spec: { hard: { 'count/secrets': '0' } },
      });
      const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: one}';
      await expect.poll(async () => (await apply(secret, 'tight')).data['code']).toBe('FORBIDDEN');
      const refused = await apply(secret, 'tight');
      expect(refused.text).toContain('exceeded quota: few');
      expect(refused.text).toContain('Secret/one');
    });

    test('a webhook that is down is named', async () => {
      await cluster.make('/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingWebhookConfiguration',
        metadata: { name: 'down' },
        webhooks: [
          {
            name: 'gate.example.org',
            clientConfig: { url: 'https://127.0.0.1:1/' },
            rules: [
              { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] },
            ],
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'tight' } },
            sideEffects: 'None',
            admissionReviewVersions: ['v1'],
            timeoutSeconds: 2,
          },
        ],
      });
      const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: gated}';
      await expect.poll(async () => (await apply(map, 'tight')).data['code']).toBe('SERVER_ERROR');
      const refused = await apply(map, 'tight');
      expect(refused.data).toMatchObject({ details: { webhook: 'gate.example.org' } });
      expect(refused.data['hint']).toContain('webhook');
    });

    test('a ValidatingAdmissionPolicy that denies is told with its own words', async () => {
      const admission = '/apis/admissionregistration.k8s.io/v1';
      await cluster.make(`${admission}/validatingadmissionpolicies`, {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name: 'small' },
        spec: {
          matchConstraints: {
            resourceRules: [
              {
                apiGroups: ['apps'],
                apiVersions: ['v1'],
                operations: ['UPDATE'],
                resources: ['deployments'],
              },
            ],
          },
          validations: [{ expression: 'object.spec.replicas < 50', message: 'no more than 49 pods here' }],
        },
      });
      await cluster.make(`${admission}/validatingadmissionpolicybindings`, {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name: 'small' },
        spec: { policyName: 'small', validationActions: ['Deny'] },
      });
      const large = JSON.stringify(deploymentOf('web', { replicas: 60 }));
      await expect.poll(async () => (await apply(large)).status).toBe('failed');
      const refused = await apply(large);
      expect(refused.text).toContain('no more than 49 pods here');
    });
  });

  describe('somebody with few rights', () => {
    let viewer: RealVigie;

    beforeAll(async () => {
      const pods = { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] };
      await allow('viewer', [pods, workloads]);
      await allow('nobody', [workloads]);
      const deploymentsInShop = { verb: 'patch', group: 'apps', resource: 'deployments', namespace: 'shop' };
      for (const user of ['viewer', 'nobody'])
        await untilAllowed(cluster.call, { user, ...deploymentsInShop });
      viewer = await startRealVigie({
        kubeconfig: readFileSync(cluster.kubeconfigFor('viewer'), 'utf8'),
        namespaces: ['shop', 'tight'],
      });
    });
    afterAll(() => viewer.stop());

    test('sees within the namespace what an administrator sees', async () => {
      const asked = { kind: 'pods', namespace: 'shop' };
      // Pods may come and go, and get older, between the two.
      await eventually(async () => {
        const [own, all] = [await viewer.call('k8s_list', asked), await running.call('k8s_list', asked)];
        expect(own.data).toEqual(all.data);
      });
    });

    test('changes within it by the same path', async () => {
      const asked = await viewer.call('k8s_scale', { target: web, replicas: 3 });
      expect(asked.text).toContain('Not checked whether a HorizontalPodAutoscaler');
      const done = await viewer.approve(asked.data['id']);
      expect(done.text).toMatch(/^done: /);
      expect(await replicas()).toMatchObject({ replicas: 3 });
      const undone = await viewer.change('changes_undo', { id: done.data['id'] });
      expect(undone.status).toBe('done');
    });

    test('changes a workload whose pods may not be seen, by what it says of itself', async () => {
      const nobody = await startRealVigie({
        kubeconfig: readFileSync(cluster.kubeconfigFor('nobody'), 'utf8'),
        namespaces: ['shop'],
      });
      const done = await nobody.change('k8s_rollout', { target: web, action: 'restart' });
      expect(done.text).toContain('done: ');
      expect((await nobody.call('k8s_list', { kind: 'pods' })).data).toMatchObject({ code: 'FORBIDDEN' });
      await nobody.stop();
    });

    test.each([
      ['k8s_list', { kind: 'pods', namespace: 'tight' }, /list.*pods.*tight/],
      ['k8s_list', { kind: 'nodes' }, /nodes/],
      ['k8s_get', { target: { kind: 'Secret', name: 'db', namespace: 'shop' } }, /Secret\/db/],
      ['k8s_events', { namespace: 'tight' }, /events/],
      ['k8s_logs', { target: { ...web, namespace: 'tight' } }, /Deployment\/web/],
      ['k8s_delete', { target: web }, /Deployment\/web/],
      [
        'k8s_apply',
        { manifest: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}', namespace: 'shop' },
        /ConfigMap\/a/,
      ],
      ['k8s_rollout', { target: { ...web, namespace: 'tight' }, action: 'restart' }, /Deployment\/web/],
    ])('is told by %s outside it what may not be done: %j', async (tool, input, what) => {
      const refused = await viewer.call(tool, input);
      expect(refused.data).toMatchObject({
        status: 'failed',
        code: 'FORBIDDEN',
        details: { verb: expect.stringMatching(/\w/), resource: expect.stringMatching(/\w/) },
      });
      expect(refused.text).toMatch(what);
      expect(refused.data['hint']).toContain('RBAC');
    });
  });

  describe('between asking and applying', () => {
    test('an object that was changed closes the ticket with the new diff', async () => {
      const asked = await running.call('k8s_scale', { target: web, replicas: 6 });
      await patchWeb({ spec: { replicas: 4 } });
      const ended = await running.approve(asked.data['id']);
      expect(ended.status).toBe('plan_changed');
      expect(ended.text).toMatch(/-\s+replicas: 4\n\+\s+replicas: 6/);
      expect(await replicas()).toMatchObject({ replicas: 4 });
      await patchWeb({ spec: { replicas: 2 } });
    });

    test('an object that was deleted and made again is another one', async () => {
      await cluster.make(deployments, deploymentOf('twin', { replicas: 1 }));
      const target = { ...web, name: 'twin' };
      const asked = await running.call('k8s_scale', { target, replicas: 2 });
      const path = `${deployments}/twin`;
      await cluster.call({ method: 'DELETE', path });
      await cluster.make(deployments, deploymentOf('twin', { replicas: 1 }));
      const ended = await running.approve(asked.data['id']);
      expect(ended.status).toBe('plan_changed');
      await cluster.call({ method: 'DELETE', path });
    });

    test('a change of something else in the very moment of the write is read anew and written', async () => {
      const line = await lineBetween(cluster);
      const near = await startRealVigie({ kubeconfig: line.kubeconfig, insecure: true });
      // A controller that still reports of the change before is one more who is quicker.
      await untilSettled();
      let met = 0;
      line.beforeChange = async () => {
        met += 1;
        if (met <= 2) await patchWeb({ metadata: { labels: { beside: String(met) } } });
      };
      const done = await near.change('k8s_scale', { target: web, replicas: 3 });
      expect(done.text).toMatch(/^done: /);
      expect(met).toBe(3);
      expect(await replicas()).toMatchObject({ replicas: 3 });

      line.beforeChange = () => patchWeb({ spec: { replicas: 7 } });
      const ended = await near.change('k8s_scale', { target: web, replicas: 5 });
      expect(ended.status).toBe('failed');
      expect(ended.text).toContain('changed by somebody else');
      expect(await replicas()).toMatchObject({ replicas: 7 });
      await near.stop();
      line.close();
    });

    test('credentials of somebody else under the same context name decide nothing', async () => {
      const asked = await running.call('k8s_scale', { target: web, replicas: 2 });
      writeFileSync(running.kubeconfig, readFileSync(cluster.kubeconfigFor('viewer')), { mode: 0o600 });
      const other = await running.reopen();
      await expect(running.approve(asked.data['id'], other)).rejects.toMatchObject({
        code: 'WRONG_CLUSTER',
        message: expect.stringMatching(/as admin; here .* as viewer/),
      });
      await other.close();
      writeFileSync(running.kubeconfig, admin, { mode: 0o600 });
      expect((await running.approve(asked.data['id'])).status).toBe('done');
    });
  });

  test('another cluster behind the same context name decides nothing, whoever may be asked there', async () => {
    const other = await startCluster(binaries);
    try {
      await other.make('/api/v1/namespaces', namespaceOf('shop'));
      await other.make(deployments, deploymentOf('web'));
      const asked = await running.call('k8s_scale', { target: web, replicas: 8 });
      writeFileSync(running.kubeconfig, readFileSync(other.kubeconfig), { mode: 0o600 });
      const elsewhere = await running.reopen();
      await expect(running.approve(asked.data['id'], elsewhere)).rejects.toMatchObject({
        code: 'WRONG_CLUSTER',
        hint: expect.stringContaining('kubeconfig'),
      });
      await elsewhere.close();
      const { body } = await other.call({ method: 'GET', path: `${deployments}/web` });
      expect(body['spec']).toMatchObject({ replicas: 2 });
    } finally {
      writeFileSync(running.kubeconfig, admin, { mode: 0o600 });
      await other.stop();
    }
  });

  describe('a way to the cluster that does not work', () => {
    test.each([
      [
        'an unknown token',
        () => admin.replace(cluster.token, 'no-such-token'),
        'UNAUTHENTICATED',
        /Log in again/,
      ],
      [
        'another authority',
        () =>
          admin.replace(
            /certificate-authority-data: \S+?\}/,
            `certificate-authority-data: ${otherAuthority}}`,
          ),
        'UNREACHABLE',
        /certificate/i,
      ],
      [
        'another port',
        () => admin.replace(cluster.url, 'https://127.0.0.1:1'),
        'UNREACHABLE',
        /127\.0\.0\.1:1/,
      ],
    ])('%s', async (_, kubeconfig, code, words) => {
      const lost = await startRealVigie({ kubeconfig: kubeconfig() });
      for (const [tool, input] of [
        ['k8s_list', { kind: 'pods' }],
        ['k8s_scale', { target: web, replicas: 9 }],
      ] as const) {
        const failed = await lost.call(tool, input);
        expect(failed.data).toMatchObject({ status: 'failed', code });
        expect(failed.text).toMatch(words);
      }
      await lost.stop();
    });
  });
});

// Of nobody: a certificate that has signed nothing here.
const otherAuthority = Buffer.from(readFileSync('test/cluster/support/other-authority.pem')).toString(
  'base64',
);
