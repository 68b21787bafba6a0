import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chooseContainer } from '../../../src/clients/kube/choose-container.ts';
import { KubeConnection } from '../../../src/clients/kube/connection.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import { send, startShop } from '../../support/sandbox-client.ts';

type Place = Parameters<typeof chooseContainer>[1];

function workload(kind: string, name: string, spec: object): KubeObject {
  const labels = { app: name };
  const containers = [
    { name: 'main', image: 'main:1' },
    { name: 'tools', image: 'tools:1' },
  ];
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: 'shop' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
      ...spec,
    },
  };
}

const stranger: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a-stranger', namespace: 'shop', labels: { app: 'db' } },
  spec: { containers: [{ name: 'main', image: 'main:1' }] },
};

let sandbox: Sandbox;
let connection: KubeConnection;

beforeAll(async () => {
  sandbox = await startShop([
    workload('StatefulSet', 'db', {
      replicas: 2,
      serviceName: 'db',
      updateStrategy: { rollingUpdate: { partition: 1 } },
    }),
    workload('Deployment', 'web', { replicas: 2, minReadySeconds: 300 }),
    workload('Deployment', 'idle', { replicas: 0 }),
    workload('DaemonSet', 'agent', {}),
    stranger,
  ]);
  await sandbox.advance(30_000);
  connection = new KubeConnection({
    target: { via: 'direct', url: sandbox.url, token: sandbox.token },
    bounds: { namespaces: ['shop'], clusterScoped: false },
    readOnly: false,
    userAgent: 'vigie/test',
  });
});
afterAll(async () => {
  connection.close();
  await sandbox.close();
});

function choose(target: Place['target'], more: Partial<Place> = {}) {
  const { reader } = connection.session(new AbortController().signal);
  return chooseContainer(reader, { in: 'pod', namespace: 'shop', target, ...more });
}

async function changeTemplate(plural: string, name: string, spec: object): Promise<void> {
  const answer = await send(sandbox, {
    method: 'PATCH',
    path: `/apis/apps/v1/namespaces/shop/${plural}/${name}`,
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { spec: { template: { spec } } },
  });
  expect(answer).toMatchObject({ status: 200 });
  await sandbox.advance(30_000);
}

async function podsOf(app: string): Promise<{ name: string; image: string }[]> {
  const { reader } = connection.session(new AbortController().signal);
  const { items } = await reader.list({ kind: 'Pod', namespace: 'shop', labelSelector: `app=${app}` });
  return items.map(pod => ({
    name: pod.metadata.name,
    image: JSON.stringify(pod.spec?.['containers']).includes('main:2') ? 'main:2' : 'main:1',
  }));
}

describe('the pod that programs run in', () => {
  test('is the first ready one of the workload itself, never another with its labels', async () => {
    expect(await choose({ workload: { kind: 'StatefulSet', name: 'db' } })).toEqual({
      pod: { name: 'db-0', namespace: 'shop' },
      container: 'main',
    });
  });

  test('is one of the newest revision where that has a ready one, and of the older where it has none', async () => {
    const newer = { containers: [{ name: 'main', image: 'main:2' }] };
    await changeTemplate('statefulsets', 'db', newer);
    expect(await choose({ workload: { kind: 'StatefulSet', name: 'db' } })).toMatchObject({
      pod: { name: 'db-1' },
    });
    await changeTemplate('deployments', 'web', newer);
    const pods = await podsOf('web');
    expect(new Set(pods.map(({ image }) => image)).size).toBe(2);
    const chosen = await choose({ workload: { kind: 'Deployment', name: 'web' } });
    expect(pods.find(({ name }) => name === chosen.pod.name)?.image).toBe('main:2');
    await changeTemplate('statefulsets', 'db', { nodeSelector: { disk: 'nowhere' } });
    expect(await choose({ workload: { kind: 'StatefulSet', name: 'db' } })).toMatchObject({
      pod: { name: 'db-0' },
    });
  });

  test('of a DaemonSet is a ready one, and a pod that is named is that pod', async () => {
    const [agent] = await podsOf('agent');
    expect(await choose({ workload: { kind: 'DaemonSet', name: 'agent' } })).toMatchObject({
      pod: { name: agent?.name },
    });
    expect(await choose({ pod: 'a-stranger' })).toMatchObject({ pod: { name: 'a-stranger' } });
  });

  test('has the container that is named, or nothing runs', async () => {
    const target = { workload: { kind: 'StatefulSet', name: 'db' } } as const;
    expect(await choose(target, { container: 'tools' })).toMatchObject({ container: 'tools' });
    await expect(choose(target, { container: 'gone' })).rejects.toMatchObject({
      code: 'NOT_STARTED',
      message: expect.stringMatching(/Pod\/db-\d in shop has no container gone/),
    });
  });

  test('is there, ready and within the environment, or nothing runs', async () => {
    await expect(choose({ workload: { kind: 'Deployment', name: 'idle' } })).rejects.toMatchObject({
      code: 'NOT_STARTED',
      message: expect.stringContaining('Deployment/idle in shop has no ready pod'),
    });
    await expect(choose({ pod: 'gone' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(choose({ pod: 'db-0' }, { namespace: 'other' })).rejects.toMatchObject({
      code: 'OUT_OF_BOUNDS',
    });
  });
});
