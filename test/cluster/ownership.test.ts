import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { CallResult } from '../../src/core/result.ts';
import { type Cluster, describeOnCluster, namespaceOf, startCluster } from './support/on-cluster.ts';
import { type RealVigie, startRealVigie } from './support/start-real-vigie.ts';

// What leaves a manifest leaves a real cluster, however Vigie set it; and whom an apply that makes an object gives way to.

const deployments = '/apis/apps/v1/namespaces/shop/deployments';
const maps = '/api/v1/namespaces/shop/configmaps';

function manifest(name: string, more: { replicas?: number; container?: string; pod?: string } = {}): string {
  const replicas = more.replicas === undefined ? '' : `replicas: ${more.replicas}, `;
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop}
spec: {${replicas}selector: {matchLabels: {app: ${name}}}, template: {metadata: {labels: {app: ${name}}}, spec: {${more.pod ?? ''}containers: [{name: main, image: 'shop/web:1'${more.container ?? ''}}]}}}
`;
}

describeOnCluster('the owner of fields on a real cluster', binaries => {
  let cluster: Cluster;
  let running: RealVigie;

  beforeAll(async () => {
    cluster = await startCluster(binaries);
    await cluster.make('/api/v1/namespaces', namespaceOf('shop'));
    running = await startRealVigie({ kubeconfig: readFileSync(cluster.kubeconfig, 'utf8') });
  });
  afterAll(async () => {
    await running.stop();
    await cluster.stop();
  });

  async function apply(text: string, more: object = {}): Promise<CallResult> {
    const done = await running.change('k8s_apply', { manifest: text, ...more });
    expect(done.status, done.text).toBe('done');
    return done;
  }

  async function live(name: string) {
    const { body } = await cluster.call({ method: 'GET', path: `${deployments}/${name}` });
    const { spec, metadata } = body as unknown as {
      metadata: { managedFields: { manager: string; operation: string }[] };
      spec: {
        replicas: number;
        template: { metadata: JsonObject; spec: JsonObject & { containers: JsonObject[] } };
      };
    };
    const ours = metadata.managedFields.filter(({ manager }) => manager === 'vigie');
    return {
      replicas: spec.replicas,
      pod: spec.template.spec,
      container: spec.template.spec.containers[0],
      operations: ours.map(({ operation }) => operation),
    };
  }

  test('fields that the manifest drops go from an object that an apply made', async () => {
    const escalating = ', securityContext: {allowPrivilegeEscalation: true}, env: [{name: A, value: b}]';
    await apply(manifest('made', { pod: 'hostNetwork: true, ', container: escalating }));
    expect((await live('made')).operations).toEqual(['Apply']);
    await apply(manifest('made'));
    const { pod, container } = await live('made');
    expect(pod).not.toHaveProperty('hostNetwork');
    expect(container).not.toHaveProperty('env');
    expect(container).not.toHaveProperty('securityContext.allowPrivilegeEscalation');
  });

  test('fields that an undo put back go again, and then nothing is left to do', async () => {
    await apply(manifest('undone', { container: ', env: [{name: A, value: b}]' }));
    const removed = await apply(manifest('undone'));
    await running.change('changes_undo', { id: removed.data['id'] });
    expect((await live('undone')).container).toMatchObject({ env: [{ name: 'A', value: 'b' }] });
    const again = await apply(manifest('undone'));
    const now = await live('undone');
    expect(now.container).not.toHaveProperty('env');
    expect(now.operations).toEqual(['Apply']);
    expect((await running.call('k8s_apply', { manifest: manifest('undone') })).status).toBe('nothing_to_do');
    await running.change('changes_undo', { id: again.data['id'] });
    expect((await live('undone')).container).toMatchObject({ env: [{ name: 'A', value: 'b' }] });
  });

  test('a count set by k8s_scale stays while the manifest is silent, and goes once it was named and dropped', async () => {
    const target = { kind: 'Deployment', name: 'counted', namespace: 'shop' };
    await apply(manifest('counted'));
    await running.change('k8s_scale', { target, replicas: 3 });
    await apply(manifest('counted', { container: ', workingDir: /srv' }));
    expect((await live('counted')).replicas).toBe(3);
    await apply(manifest('counted', { replicas: 3, container: ', workingDir: /opt' }));
    expect((await live('counted')).operations).toEqual(['Apply']);
    await apply(manifest('counted', { container: ', workingDir: /opt' }));
    expect((await live('counted')).replicas).toBe(1);
  });

  test('an object of a defined kind is made by an apply, and its fields go with the manifest', async () => {
    await apply(definition);
    const brew =
      'apiVersion: example.com/v1\nkind: Brew\nmetadata: {name: morning, namespace: shop}\nspec: {cups: 2';
    await apply(`${brew}, strong: true}`);
    await apply(`${brew}}`);
    const path = '/apis/example.com/v1/namespaces/shop/brews/morning';
    expect((await cluster.call({ method: 'GET', path })).body['spec']).toEqual({ cups: 2 });
  });

  test.each([false, true])('an object that is there is never taken for a new one (force %s)', async force => {
    const name = `theirs-${force}`;
    const path = `${maps}?fieldManager=somebody`;
    await cluster.call({
      method: 'POST',
      path,
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: 'theirs' } },
    });
    const reach = await running.vigie.environments[0]?.change(new AbortController().signal);
    const mine = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'shop' },
      data: { b: 'ours' },
    };
    const made = reach?.writer.apply({ manifest: mine, force, mustCreate: true });
    await expect(made).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    const { body } = await cluster.call({ method: 'GET', path: `${maps}/${name}` });
    expect(body['data']).toEqual({ a: 'theirs' });
  });
});

const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: brews.example.com}
spec:
  group: example.com
  names: {plural: brews, singular: brew, kind: Brew}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {cups: {type: integer}, strong: {type: boolean}}}}}}
`;
