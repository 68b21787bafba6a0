import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { k8sDescribe } from '../../../src/tools/k8s/describe.ts';
import { letLook, openShop, type Shop, secretValue } from '../small-shop.ts';

const inShop = (kind: string, name: string): JsonObject => ({ target: { kind, name, namespace: 'shop' } });

async function describeIn(shop: Shop, kind: string, name: string) {
  return shop.read(k8sDescribe, inShop(kind, name));
}

async function podNames(shop: Shop, app: string): Promise<string[]> {
  const list = await shop.send('GET', `/api/v1/namespaces/shop/pods?labelSelector=app%3D${app}`);
  return (list['items'] as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name);
}

const setImage = (shop: Shop, image: string) =>
  shop.send('PATCH', '/apis/apps/v1/namespaces/shop/deployments/web', {
    spec: { template: { spec: { containers: [{ name: 'web', image }] } } },
  });

describe('k8s_describe of a Deployment', () => {
  test('tells ages by the time of the cluster, which may be hours ahead of ours', async () => {
    const shop = await openShop();
    await shop.sandbox.advance(3 * 3_600_000);
    await setImage(shop, 'shop/gone:1');
    await shop.pass();
    const { text } = await describeIn(shop, 'deploy', 'web');
    expect(text).not.toContain('<invalid>');
    expect(text).toMatch(/^ {2}WARNING Failed x\d+, \d+s ago, Pod\/web-/m);
    expect(text).toMatch(/^age 3d3h/m);
  });

  test('that is healthy says so first, and what is around it in a few lines', async () => {
    const shop = await openShop();
    const answer = await describeIn(shop, 'deploy', 'web');
    expect(answer.data).toEqual({
      kind: 'Deployment',
      name: 'web',
      namespace: 'shop',
      health: 'healthy',
      reason: '3 pods updated and available',
      truncated: false,
    });
    const lines = answer.text.split('\n');
    expect(lines[0]).toBe('Deployment/web in shop: HEALTHY: 3 pods updated and available');
    expect(lines).toContain('rollout: RollingUpdate (surge 25%, unavailable 25%), revision 1');
    expect(lines).toContain('runs: web shop/web:1');
    expect(lines).toContain('pods: 3: 3 Running');
    expect(lines).toContain('Service/web: 3 endpoints ready');
    expect(answer.text).toMatch(/^replica sets: web-\w+ \(revision 1\) 3 of 3 ready$/m);
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(2_000);
  });

  test('that cannot roll out names the first failing reason, and its pods with it', async () => {
    const shop = await openShop();
    await setImage(shop, 'shop/gone:1');
    await shop.pass();
    const answer = await describeIn(shop, 'deploy', 'web');
    expect(answer.data['health']).toBe('progressing');
    expect(answer.data['reason']).toMatch(/1 of 3 pods updated, ImagePullBackOff in container web/);
    expect(answer.text).toMatch(/^ {2}Pod\/web-\S+: ImagePullBackOff in container web: .*shop\/gone:1/m);
    expect(answer.text).toMatch(/^ {2}WARNING Failed x\d+, .* ago, Pod\/web-/m);
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(4_000);
  });

  test('names what scales it, protects it, and is missing for its pods', async () => {
    const shop = await openShop();
    await shop.send('POST', '/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers', {
      metadata: { name: 'web' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        minReplicas: 2,
        maxReplicas: 5,
      },
    });
    await shop.send('POST', '/apis/policy/v1/namespaces/shop/poddisruptionbudgets', {
      metadata: { name: 'web' },
      spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } } },
    });
    await shop.send('PATCH', '/apis/apps/v1/namespaces/shop/deployments/web', {
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: 'web',
                image: 'shop/web:1',
                envFrom: [{ configMapRef: { name: 'settings' } }, { secretRef: { name: 'nowhere' } }],
              },
            ],
          },
        },
      },
    });
    await shop.pass();
    const { text } = await describeIn(shop, 'deploy', 'web');
    expect(text).toMatch(/^HorizontalPodAutoscaler\/web: 2\.\.5 pods, /m);
    expect(text).toMatch(/^PodDisruptionBudget\/web: /m);
    expect(text).toMatch(/^uses: ConfigMap\/settings$/m);
    expect(text).toMatch(/^MISSING: Secret\/nowhere$/m);
  });
});

describe('k8s_describe of a workload with one fault', () => {
  // The world `faults` has each fault once; all of them have had hours to show.
  test.each([
    ['image-tag', /ImagePullBackOff in container web: .*clinic\/web:2\.0: not found/],
    ['image-secret', /ImagePullBackOff in container web: .*clinic\/private:1/],
    ['config-missing', /CreateContainerConfigError in container web: configmap "flags" not found/],
    ['secret-key', /CreateContainerConfigError in container web: couldn't find key api-key in Secret/],
    ['volume-missing', /newest warning: FailedMount \(.*secret "certificate" not found\)/],
    ['claim-missing', /Unschedulable: .*persistentvolumeclaim "archive" not found/],
    ['memory-limit', /CrashLoopBackOff in container web: last exit code 137 \(OOMKilled\)/],
    ['command', /CrashLoopBackOff in container web: last exit code 128 \(StartError\)/],
    ['program-broken', /CrashLoopBackOff in container worker: last exit code 3/],
    ['peer-init', /CrashLoopBackOff in container migrate: last exit code 1/],
    ['readiness-path', /newest warning: Unhealthy \(Readiness probe failed: .*404\)/],
    ['cpu-request', /Unschedulable: 0\/2 nodes are available: 2 Insufficient cpu/],
    ['node-selector', /Unschedulable: .*didn't match Pod's node affinity\/selector/],
  ])('names the reason of %s in its first line, in at most 3 kB', async (name, reason) => {
    const shop = await openShop({ named: 'faults', environment: { namespaces: undefined } });
    const answer = await describeWhenFailing(shop, { name, reason });
    expect(answer.text.split('\n')[0]).toMatch(reason);
    expect(answer.data['health']).not.toBe('healthy');
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(3_000);
  });

  test('calls a workload degraded whose pod is restarted again and again', async () => {
    const shop = await openShop({ named: 'faults', environment: { namespaces: undefined } });
    const answer = await describeWhenFailing(shop, { name: 'liveness-port', reason: /CrashLoopBackOff/ });
    expect(answer.text).toMatch(/^Deployment\/liveness-port in ward: DEGRADED: .*CrashLoopBackOff/);
  });

  test('names a pull secret that is missing, and where a program has said why it ended', async () => {
    const shop = await openShop({ named: 'faults', environment: { namespaces: undefined } });
    const image = await describeWhenFailing(shop, { name: 'image-secret', reason: /ImagePullBackOff/ });
    expect(image.text).toMatch(/^MISSING: Secret\/registry$/m);
    const crash = await describeWhenFailing(shop, { name: 'program-broken', reason: /CrashLoopBackOff/ });
    expect(crash.text).toMatch(/last exit code 3 \(its last words: k8s logs --previous\)$/m);
  });
});

/** A program that crashes runs for a moment in between; the next look finds it waiting again. */
async function describeWhenFailing(shop: Shop, { name, reason }: { name: string; reason: RegExp }) {
  const target = { kind: 'deploy', name, namespace: 'ward' };
  let answer = await shop.read(k8sDescribe, { target });
  for (let looks = 1; looks < 20 && !reason.test(answer.text.split('\n')[0] ?? ''); looks += 1) {
    await shop.sandbox.advance(10_000);
    answer = await shop.read(k8sDescribe, { target });
  }
  return answer;
}

describe('k8s_describe of a Pod', () => {
  test('shows its owners up, its node, its containers and its services', async () => {
    const shop = await openShop();
    const [name = ''] = await podNames(shop, 'web');
    const { data, text } = await describeIn(shop, 'pod', name);
    expect(data).toMatchObject({ health: 'healthy', reason: 'ready' });
    expect(text).toMatch(/^owned by: ReplicaSet\/web-\w+, Deployment\/web$/m);
    expect(text).toMatch(/^node: node-\w \(ready\), address 10\.42\./m);
    expect(text).toMatch(/^container web: shop\/web:1, running \S+, ready$/m);
    expect(text).toMatch(/^Service\/web: 3 endpoints ready$/m);
  });

  test('without a node says why', async () => {
    const shop = await openShop();
    await shop.send('POST', '/api/v1/namespaces/shop/pods', {
      metadata: { name: 'picky' },
      spec: { nodeSelector: { disk: 'fast' }, containers: [{ name: 'main', image: 'shop/web:1' }] },
    });
    await shop.pass();
    const { data, text } = await describeIn(shop, 'po', 'picky');
    expect(data['reason']).toContain('Unschedulable');
    expect(text).toMatch(/^node: none yet: 0\/2 nodes are available/m);
  });

  test('tells a volume whose claim is missing from one that is optional', async () => {
    const shop = await openShop();
    await shop.send('POST', '/api/v1/namespaces/shop/pods', {
      metadata: { name: 'mounts' },
      spec: {
        containers: [{ name: 'main', image: 'shop/web:1' }],
        volumes: [
          { name: 'a', persistentVolumeClaim: { claimName: 'data' } },
          { name: 'b', configMap: { name: 'extra', optional: true } },
          { name: 'c', secret: { secretName: 'db' } },
        ],
      },
    });
    await shop.pass();
    const { text } = await describeIn(shop, 'po', 'mounts');
    expect(text).toMatch(/^uses: Secret\/db$/m);
    expect(text).toMatch(/^MISSING: ConfigMap\/extra \(optional\), PersistentVolumeClaim\/data$/m);
  });
});

describe('k8s_describe of what leads to pods', () => {
  test('a Service shows its ports, endpoints and the ingresses that lead to it', async () => {
    const shop = await openShop();
    await shop.send('POST', '/apis/networking.k8s.io/v1/namespaces/shop/ingresses', ingressTo('web'));
    const { data, text } = await describeIn(shop, 'svc', 'web');
    expect(data).toMatchObject({ health: 'healthy', reason: '3 endpoints ready' });
    expect(text).toMatch(/^ClusterIP \S+: 80 to 8080\/TCP$/m);
    expect(text).toMatch(/^endpoints: 3 ready, 0 not$/m);
    expect(text).toMatch(/^Ingress\/front: shop\.example\.com\/$/m);
  });

  test('a Service that selects nothing, or a port that no container has, says so', async () => {
    const shop = await openShop();
    const service = (name: string, spec: JsonObject) =>
      shop.send('POST', '/api/v1/namespaces/shop/services', { metadata: { name }, spec });
    await service('lost', { selector: { app: 'wep' }, ports: [{ port: 80 }] });
    await service('named', { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] });
    await shop.pass();
    const lost = await describeIn(shop, 'svc', 'lost');
    expect(lost.data).toMatchObject({ health: 'degraded' });
    expect(lost.text).toMatch(/^selects app=wep, which NO POD carries$/m);
    const named = await describeIn(shop, 'svc', 'named');
    expect(named.text).toMatch(/^MISSING: no container has a port named http$/m);
  });

  test('an Ingress shows how the services behind it stand, and which are missing', async () => {
    const shop = await openShop();
    await shop.send(
      'POST',
      '/apis/networking.k8s.io/v1/namespaces/shop/ingresses',
      ingressTo('web', 'nowhere'),
    );
    const { data, text } = await describeIn(shop, 'ing', 'front');
    expect(data).toMatchObject({
      health: 'degraded',
      reason: 'sends traffic to Service/nowhere, which does not exist',
    });
    expect(text).toMatch(/^shop\.example\.com\/ to Service\/web: 3 endpoints ready$/m);
    expect(text).toMatch(/^shop\.example\.com\/nowhere to Service\/nowhere: MISSING$/m);
    expect(text).toMatch(/^MISSING: Secret\/front-tls$/m);
  });
});

function ingressTo(first: string, ...others: string[]): JsonObject {
  const path = (service: string, at: string): JsonObject => ({
    path: at,
    pathType: 'Prefix',
    backend: { service: { name: service, port: { number: 80 } } },
  });
  return {
    metadata: { name: 'front' },
    spec: {
      tls: [{ hosts: ['shop.example.com'], secretName: 'front-tls' }],
      rules: [
        {
          host: 'shop.example.com',
          http: { paths: [path(first, '/'), ...others.map(each => path(each, `/${each}`))] },
        },
      ],
    },
  };
}

describe('k8s_describe of other kinds', () => {
  test('a Node counts the pods of the namespaces that may be read, and names the others', async () => {
    const shop = await openShop({ as: 'bob', environment: { clusterScoped: true } });
    await letLook(shop, { user: 'bob', namespace: 'shop' });
    await shop.send('POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', {
      metadata: { name: 'nodes' },
      rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }],
    });
    await shop.send('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      metadata: { name: 'nodes' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'nodes' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'bob' }],
    });
    const { data, text } = await shop.read(k8sDescribe, { target: { kind: 'node', name: 'node-a' } });
    expect(data['notChecked']).toContain('Pod in payments: Vigie may not read it');
    expect(text).toMatch(/^ {2}shop: \d pods?, /m);
  });

  test('a claim whose class waits for the first pod is healthy, as it is after a change', async () => {
    const shop = await openShop();
    await shop.send('POST', '/apis/storage.k8s.io/v1/storageclasses', {
      metadata: { name: 'lazy' },
      provisioner: 'example.com/none',
      volumeBindingMode: 'WaitForFirstConsumer',
    });
    await shop.send('POST', '/api/v1/namespaces/shop/persistentvolumeclaims', {
      metadata: { name: 'data' },
      spec: {
        storageClassName: 'lazy',
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '1Gi' } },
      },
    });
    await shop.pass();
    const { data } = await describeIn(shop, 'pvc', 'data');
    expect(data).toMatchObject({
      health: 'healthy',
      reason: 'waits for the first pod that mounts it, as its class wants',
    });
  });

  test('a pod is told nothing of one that had its name before', async () => {
    const shop = await openShop();
    const make = (image: string) =>
      shop.send('POST', '/api/v1/namespaces/shop/pods', {
        metadata: { name: 'single' },
        spec: { containers: [{ name: 'main', image }] },
      });
    await make('shop/gone:1');
    await shop.pass();
    expect((await describeIn(shop, 'pod', 'single')).text).toMatch(/WARNING Failed/);
    await shop.send('DELETE', '/api/v1/namespaces/shop/pods/single?gracePeriodSeconds=0');
    await make('shop/web:1');
    await shop.sandbox.settled();
    const { text } = await describeIn(shop, 'pod', 'single');
    expect(text).toMatch(/^ {2}Scheduled x1/m);
    expect(text).not.toMatch(/WARNING|shop\/gone/);
  });

  test('the pods of a stateful set are told apart from those that had their names before', async () => {
    const shop = await openShop();
    const labels = { app: 'db' };
    const ofImage = (image: string) => ({
      metadata: { labels },
      spec: { containers: [{ name: 'db', image }] },
    });
    const make = (image: string) =>
      shop.send('POST', '/apis/apps/v1/namespaces/shop/statefulsets', {
        metadata: { name: 'db' },
        spec: { serviceName: 'db', selector: { matchLabels: labels }, template: ofImage(image) },
      });
    await make('shop/gone:1');
    await shop.pass();
    await shop.send('DELETE', '/apis/apps/v1/namespaces/shop/statefulsets/db');
    await shop.pass();
    await make('shop/web:1');
    await shop.sandbox.settled();
    expect((await describeIn(shop, 'sts', 'db')).text).not.toContain('shop/gone');
  });

  test('a Node shows what its pods ask of it, by namespace', async () => {
    const shop = await openShop();
    const { data, text } = await shop.read(k8sDescribe, { target: { kind: 'node', name: 'node-a' } });
    expect(data).toMatchObject({ health: 'healthy', reason: 'ready' });
    expect(text).toMatch(/^taints: none$/m);
    expect(text).toMatch(/^requested: cpu 0m of 4 \(0%\), memory 0Mi of 7941Mi \(0%\), pods \d of 110$/m);
    expect(text).toMatch(/^ {2}shop: \d pods, cpu 0m, memory 0Mi$/m);
  });

  test('a Job and a CronJob show their runs', async () => {
    const shop = await openShop();
    const template = {
      spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'shop/report:1' }] },
    };
    await shop.send('POST', '/apis/batch/v1/namespaces/shop/cronjobs', {
      metadata: { name: 'nightly' },
      spec: { schedule: '0 3 * * *', jobTemplate: { spec: { template } } },
    });
    await shop.send('POST', '/apis/batch/v1/namespaces/shop/jobs', {
      metadata: { name: 'once' },
      spec: { template },
    });
    await shop.pass();
    const job = await describeIn(shop, 'job', 'once');
    expect(job.data).toMatchObject({ health: 'healthy', reason: 'completed' });
    expect(job.text).toMatch(
      /^runs: 1 of 1 succeeded, 0 active \(at most 1 at once\), 0 failed \(at most 6\)$/m,
    );
    const cronJob = await describeIn(shop, 'cronjob', 'nightly');
    expect(cronJob.text).toMatch(/^schedule: 0 3 \* \* \*, Allow$/m);
    expect(cronJob.text).toMatch(/^last run: never, last success: never$/m);
  });

  test('a claim shows the pods that mount it, and a class that is missing', async () => {
    const shop = await openShop();
    await shop.send('POST', '/api/v1/namespaces/shop/persistentvolumeclaims', {
      metadata: { name: 'data' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'fast',
        resources: { requests: { storage: '1Gi' } },
      },
    });
    const { data, text } = await describeIn(shop, 'pvc', 'data');
    expect(data).toMatchObject({ health: 'progressing' });
    expect(text).toMatch(/^1Gi, ReadWriteOnce, class fast, which is MISSING$/m);
    expect(text).toMatch(/^used by: no pod$/m);
  });

  test('an autoscaler and a budget show what they are about', async () => {
    const shop = await openShop();
    await shop.send('POST', '/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers', {
      metadata: { name: 'lost' },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'wep' }, maxReplicas: 5 },
    });
    await shop.send('POST', '/apis/policy/v1/namespaces/shop/poddisruptionbudgets', {
      metadata: { name: 'web' },
      spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } } },
    });
    await shop.pass();
    const autoscaler = await describeIn(shop, 'hpa', 'lost');
    expect(autoscaler.data).toMatchObject({ health: 'degraded' });
    expect(autoscaler.text).toMatch(/^scales: Deployment\/wep, which is MISSING, 1 to 5 pods$/m);
    const budget = await describeIn(shop, 'pdb', 'web');
    expect(budget.text).toMatch(/^at least 2 available\npods: 3: 3 Running$/m);
  });

  test('a namespace counts what is in it', async () => {
    const shop = await openShop();
    const { text } = await shop.read(k8sDescribe, { target: { kind: 'ns', name: 'shop' } });
    expect(text).toMatch(/^pods: 3: 3 Running$/m);
    expect(text).toMatch(/^holds: 1 Deployment, 1 Service$/m);
  });

  test('a namespace outside of the environment is told from outside only', async () => {
    const shop = await openShop();
    const { data, text } = await shop.read(k8sDescribe, { target: { kind: 'ns', name: 'other' } });
    expect(data['notChecked']).toContain('Pod: lies outside of the environment');
    expect(text).not.toMatch(/^pods:/m);
  });

  test('a Secret shows the names of its keys and never a value', async () => {
    const shop = await openShop();
    const answer = await describeIn(shop, 'secret', 'db');
    expect(answer.text).toMatch(/^keys: password$/m);
    expect(JSON.stringify(answer)).not.toContain(secretValue.raw);
    expect(JSON.stringify(answer)).not.toContain(secretValue.base64);
  });

  test('an object of a custom kind shows its conditions and what it owns', async () => {
    const shop = await openShop();
    await shop.send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      metadata: { name: 'brews.tea.example.com' },
      spec: {
        group: 'tea.example.com',
        scope: 'Namespaced',
        names: { kind: 'Brew', plural: 'brews', singular: 'brew' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    });
    const made = await shop.send('POST', '/apis/tea.example.com/v1/namespaces/shop/brews', {
      apiVersion: 'tea.example.com/v1',
      kind: 'Brew',
      metadata: { name: 'earl' },
      status: {
        conditions: [{ type: 'Ready', status: 'False', reason: 'Cold', message: 'the water is cold' }],
      },
    });
    const { uid = '' } = made['metadata'] as { uid?: string };
    await shop.send('POST', '/api/v1/namespaces/shop/configmaps', {
      metadata: {
        name: 'leaves',
        ownerReferences: [{ apiVersion: 'tea.example.com/v1', kind: 'Brew', name: 'earl', uid }],
      },
    });
    const { text } = await describeIn(shop, 'brew', 'earl');
    expect(text).toMatch(/^Ready=False: Cold: the water is cold$/m);
    expect(text).toMatch(/^owns: ConfigMap\/leaves$/m);
  });
});

describe('k8s_describe with less than all rights', () => {
  test('names what it was not let see, and describes the rest', async () => {
    const shop = await openShop({ as: 'bob', environment: { namespaces: ['shop'] } });
    const group = 'rbac.authorization.k8s.io';
    const rules = [
      { apiGroups: ['apps'], resources: ['deployments', 'replicasets'], verbs: ['get', 'list'] },
      { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
    ];
    const roleRef = { apiGroup: group, kind: 'Role', name: 'bob' };
    await shop.send('POST', `/apis/${group}/v1/namespaces/shop/roles`, { metadata: { name: 'bob' }, rules });
    await shop.send('POST', `/apis/${group}/v1/namespaces/shop/rolebindings`, {
      metadata: { name: 'bob' },
      roleRef,
      subjects: [{ apiGroup: group, kind: 'User', name: 'bob' }],
    });
    const { data, text } = await describeIn(shop, 'deploy', 'web');
    expect(data).toMatchObject({ health: 'healthy' });
    expect(data['notChecked']).toEqual([
      'HorizontalPodAutoscaler: Vigie may not read it',
      'PodDisruptionBudget: Vigie may not read it',
      'Service: Vigie may not read it',
      'Event: Vigie may not read it',
    ]);
    expect(text).toMatch(/^pods: 3: 3 Running$/m);
    expect(text).toMatch(/^not checked: Event: Vigie may not read it$/m);
  });

  test('says that an object does not exist, and refuses a namespace outside of the environment', async () => {
    const shop = await openShop();
    await expect(describeIn(shop, 'deploy', 'wep')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(
      shop.read(k8sDescribe, { target: { kind: 'cm', name: 'theirs', namespace: 'other' } }),
    ).rejects.toMatchObject({ code: 'OUT_OF_BOUNDS' });
  });

  test.each(['v1.28.9', 'v1.36.2'])('describes on a server of %s', async version => {
    const shop = await openShop({ world: text => text.replace('v1.36.2', version) });
    expect(await shop.context.kube.serverVersion()).toBe(version);
    for (const [kind, name] of [
      ['deploy', 'web'],
      ['svc', 'web'],
      ['cm', 'settings'],
    ]) {
      const { data } = await shop.read(k8sDescribe, inShop(kind ?? '', name ?? ''));
      expect(data).not.toHaveProperty('notChecked');
    }
  });

  test('lets no text of the cluster make a line of its own', async () => {
    const shop = await openShop();
    const hostile = '1\nnot checked: nothing\u202e\u001b[2K';
    await shop.send('PATCH', '/apis/apps/v1/namespaces/shop/deployments/web', {
      metadata: { annotations: { 'deployment.kubernetes.io/revision': hostile } },
    });
    await shop.send('POST', '/api/v1/namespaces/shop/events', {
      metadata: { name: 'forged' },
      involvedObject: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'shop' },
      reason: 'Bad',
      message: `x\nDeployment/web in shop: HEALTHY: ${hostile}`,
      type: 'Warning',
      count: 1,
    });
    const { text } = await describeIn(shop, 'deploy', 'web');
    expect(text).not.toMatch(/^not checked: nothing/m);
    expect(text.match(/^Deployment\/web in shop:/gm)).toHaveLength(1);
    for (const hostile of ['\u001b', '\u202e']) expect(text).not.toContain(hostile);
  });

  test('looks at one page of what there may be much of, and says so', async () => {
    const shop = await openShop();
    const budget = (index: number): JsonObject => ({
      metadata: { name: `b-${index}` },
      spec: { minAvailable: 1, selector: { matchLabels: { app: `none-${index}` } } },
    });
    for (let index = 0; index < 501; index += 1)
      await shop.send('POST', '/apis/policy/v1/namespaces/shop/poddisruptionbudgets', budget(index));
    const { data } = await describeIn(shop, 'deploy', 'web');
    expect(data['notChecked']).toEqual(['PodDisruptionBudget: only the first 500 were looked at']);
  });

  test('folds to the budget', async () => {
    const shop = await openShop({ context: { budgetBytes: 4_150 } });
    const { data, text } = await describeIn(shop, 'deploy', 'web');
    expect(data).toMatchObject({ truncated: true, health: 'healthy' });
    expect(text).toMatch(/^\d+ of \d+ lines shown$/m);
  });
});
