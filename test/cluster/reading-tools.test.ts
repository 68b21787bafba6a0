import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import {
  type Cluster,
  deploymentOf,
  describeOnCluster,
  namespaceOf,
  startCluster,
} from './support/on-cluster.ts';
import { type RealVigie, startRealVigie } from './support/start-real-vigie.ts';
import { untilAllowed } from './support/until-allowed.ts';

// The tools that only look, on a real API server: its own schemas, its own access rules, what its controllers make.

const metrics = 'metrics.k8s.io';

describeOnCluster('the reading tools on a real cluster', binaries => {
  let cluster: Cluster;
  let running: RealVigie;

  beforeAll(async () => {
    cluster = await startCluster(binaries);
    await cluster.make('/api/v1/namespaces', namespaceOf('shop'), namespaceOf('other'));
    await cluster.make(
      '/apis/apps/v1/namespaces/shop/deployments',
      deploymentOf('web'),
      deploymentOf('broken', { image: 'shop/web:missing' }),
    );
    await cluster.make('/api/v1/namespaces/shop/services', {
      metadata: { name: 'web' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
    });
    running = await startRealVigie({
      kubeconfig: readFileSync(cluster.kubeconfig, 'utf8'),
      namespaces: ['shop', 'other'],
    });
  });
  afterAll(async () => {
    await running.stop();
    await cluster.stop();
  });

  const call = (tool: string, input: unknown) => running.call(tool, input);
  const inShop = (kind: string, name: string) => ({ target: { kind, name, namespace: 'shop' } });

  describe('k8s_describe', () => {
    test('tells of a healthy Deployment in few lines', async () => {
      // The pods are ready before all controllers have seen it.
      await eventually(async () => {
        const answer = await call('k8s_describe', inShop('deploy', 'web'));
        expect(answer.data).toMatchObject({ health: 'healthy', reason: '2 pods updated and available' });
        expect(answer.text).toMatch(/^pods: 2: 2 Running$/m);
        expect(answer.text).toMatch(/^Service\/web: 2 endpoints ready$/m);
        expect(answer.text).toMatch(/ScalingReplicaSet x1/);
        expect(answer.data).not.toHaveProperty('notChecked');
        expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(2_500);
      });
    });

    test('names the first failing reason of one whose pods do not start', async () => {
      await expect
        .poll(async () => (await call('k8s_describe', inShop('deploy', 'broken'))).text)
        .toMatch(/^Deployment\/broken in shop: PROGRESSING: .*ImagePull/);
    });

    test('tells of a node with its pods', async () => {
      await eventually(async () => {
        const { text } = await call('k8s_describe', { target: { kind: 'node', name: 'stand-in-1' } });
        expect(text).toMatch(/^Node\/stand-in-1: HEALTHY: ready/);
        expect(text).toMatch(/^ {2}shop: 4 pods/m);
      });
    });
  });

  test('an account of one namespace is told all the same in it, and of what it may not see', async () => {
    const group = 'rbac.authorization.k8s.io';
    await cluster.make(`/apis/${group}/v1/namespaces/shop/rolebindings`, {
      metadata: { name: 'viewers' },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'view' },
      subjects: [{ apiGroup: group, kind: 'User', name: 'viewer' }],
    });
    await untilAllowed(cluster.call, { user: 'viewer', verb: 'list', resource: 'pods', namespace: 'shop' });
    const kubeconfig = readFileSync(cluster.kubeconfigFor('viewer'), 'utf8');
    const viewer = await startRealVigie({ kubeconfig, namespaces: ['shop'] });
    try {
      const whole = await viewer.call('k8s_describe', inShop('deploy', 'web'));
      expect(whole.data).toMatchObject({ health: 'healthy' });
      expect(whole.data).not.toHaveProperty('notChecked');
      const { body } = await cluster.call({ method: 'GET', path: '/api/v1/namespaces/shop/pods' });
      const [pod] = body['items'] as { metadata: { name: string } }[];
      const part = await viewer.call('k8s_describe', inShop('pod', pod?.metadata.name ?? ''));
      expect(part.data['notChecked']).toEqual(['Node/stand-in-1: Vigie may not read it']);
      const may = await viewer.call('k8s_access', { verb: 'delete', resource: 'pods' });
      expect(may.text).toMatch(/^no: Vigie's account may not delete pods in shop\n/);
      const they = await viewer.call('k8s_access', { verb: 'delete', resource: 'pods', as: 'dora' });
      expect(they.data).toMatchObject({ complete: false });
      expect(they.data).not.toHaveProperty('allowed');
      const who = await viewer.call('k8s_access', { verb: 'delete', resource: 'pods', whoCan: true });
      expect(who.data['notChecked']).toContain('ClusterRoleBinding: Vigie may not read them');
      expect((await viewer.call('k8s_explain', { path: 'pod.spec.nodeName' })).data).toMatchObject({
        type: 'string',
      });
    } finally {
      await viewer.stop();
    }
  });

  describe('k8s_explain', () => {
    test('shows the words of the server for a field, its default and its values', async () => {
      const { data, text } = await call('k8s_explain', { path: 'deployment.spec.template.spec.containers' });
      expect(data).toMatchObject({ type: '[]Container', described: true, required: true });
      expect(text).toMatch(/^name: string, required - /m);
      expect(text).toMatch(/^imagePullPolicy: string, one of Always \| IfNotPresent \| Never - /m);
      expect(text.length).toBeLessThan(12_000);
      const policy = await call('k8s_explain', { path: 'service.spec.sessionAffinity' });
      expect(policy.text).toMatch(/ClientIP/);
    });

    test('shows a kind that was just defined, with what its definition says', async () => {
      await cluster.make('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
        metadata: { name: 'brews.tea.example.org' },
        spec: {
          group: 'tea.example.org',
          scope: 'Namespaced',
          names: { plural: 'brews', singular: 'brew', kind: 'Brew', listKind: 'BrewList' },
          versions: [
            {
              name: 'v1',
              served: true,
              storage: true,
              schema: {
                openAPIV3Schema: {
                  type: 'object',
                  properties: {
                    spec: {
                      type: 'object',
                      description: 'What is brewed.',
                      required: ['cups'],
                      properties: {
                        cups: { type: 'integer', description: 'How many.' },
                        leaf: { type: 'string', enum: ['green', 'black'], default: 'green' },
                      },
                    },
                  },
                },
              },
            },
          ],
        },
      });
      await expect
        .poll(async () => (await call('k8s_explain', { path: 'brew.spec' })).text)
        .toMatch(
          /^Brew \(tea\.example\.org\/v1\) spec: object\n {2}What is brewed\.\n2 fields:\ncups: integer, required - How many\.\nleaf: string, one of green \| black, default green$/m,
        );
    });
  });

  describe('k8s_access', () => {
    test('agrees with the server about oneself and others, and finds who can', async () => {
      const group = 'rbac.authorization.k8s.io';
      await cluster.make(`/apis/${group}/v1/namespaces/shop/rolebindings`, {
        metadata: { name: 'editors' },
        roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'edit' },
        subjects: [
          { apiGroup: group, kind: 'User', name: 'dora' },
          { kind: 'ServiceAccount', name: 'builder', namespace: 'shop' },
        ],
      });
      const exec = { verb: 'create', resource: 'pods/exec' };
      expect((await call('k8s_access', exec)).text).toMatch(
        /^yes: Vigie's account may create pods\/exec in shop, other\n/,
      );
      // The controller that gathers aggregated roles needs a moment.
      await expect
        .poll(async () => (await call('k8s_access', { ...exec, as: 'dora' })).text)
        .toMatch(/^partly: .* may create pods\/exec in shop, but not in other\n/);
      const account = await call('k8s_access', { ...exec, as: 'sa:shop/builder', namespace: 'shop' });
      expect(account.data).toMatchObject({ allowed: true, complete: true });
      const nobody = await call('k8s_access', { ...exec, as: 'group:ops', namespace: 'shop' });
      expect(nobody.data).toMatchObject({ allowed: false });
      const who = await call('k8s_access', { ...exec, namespace: 'shop', whoCan: true });
      expect(who.text).toMatch(/^User dora: by RoleBinding\/editors in shop of ClusterRole\/edit$/m);
      expect(who.text).toMatch(/^Group system:masters: by ClusterRoleBinding\/cluster-admin/m);
    });

    test('lists all rights', async () => {
      const { data, text } = await call('k8s_access', { namespace: 'shop' });
      expect(text).toMatch(/^\*: \* \(\*\)$/m);
      expect(data).toMatchObject({ truncated: false });
    });
  });

  describe('k8s_top', () => {
    test('says that nothing is measured here', async () => {
      expect((await call('k8s_top', {})).data).toMatchObject({ code: 'UNKNOWN_KIND' });
    });

    test('holds samples against requests where they are served', async () => {
      const version = (extra: object) => ({
        name: 'v1beta1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        ...extra,
      });
      // No metrics server runs here; a definition serves what one would.
      await cluster.make('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
        metadata: {
          name: `pods.${metrics}`,
          annotations: { 'api-approved.kubernetes.io': 'unapproved, for a test' },
        },
        spec: {
          group: metrics,
          scope: 'Namespaced',
          names: { plural: 'pods', singular: 'podmetric', kind: 'PodMetrics', listKind: 'PodMetricsList' },
          versions: [version({})],
        },
      });
      const { body } = await cluster.call({
        method: 'GET',
        path: '/api/v1/namespaces/shop/pods?labelSelector=app%3Dweb',
      });
      const [first] = body['items'] as { metadata: { name: string } }[];
      const sample = {
        apiVersion: `${metrics}/v1beta1`,
        kind: 'PodMetrics',
        metadata: { name: first?.metadata.name ?? '', namespace: 'shop', labels: { app: 'web' } },
        containers: [{ name: 'main', usage: { cpu: '12345678n', memory: '20480Ki' } }],
      };
      const path = `/apis/${metrics}/v1beta1/namespaces/shop/pods`;
      await expect
        .poll(async () => (await cluster.call({ method: 'POST', path, body: sample })).status)
        .toBe(201);
      await expect
        .poll(async () => (await call('k8s_top', { namespace: 'shop', labelSelector: 'app=web' })).text)
        .toMatch(/^2 running pods in shop use 12m CPU, 20Mi memory\n/);
    });
  });
});
