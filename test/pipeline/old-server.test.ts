import { afterEach, describe, expect, test } from 'vitest';
import { allowEverything, startVigie, type TestVigie } from '../support/start-vigie.ts';

// The same calls on the oldest and on the newest release that Vigie is meant for.

let running: TestVigie | undefined;
afterEach(() => running?.stop());

async function startAt(serverVersion: string): Promise<TestVigie> {
  running = await startVigie({ policy: allowEverything, serverVersion });
  await running.sandbox.advance(60_000);
  return running;
}

const manifest = (more: string): string => `
apiVersion: v1
kind: Service
metadata: {name: near, namespace: shop}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
${more}`;

describe.each(['v1.28.15', 'v1.36.2'])('%s', serverVersion => {
  test('what runs is listed, shown, told of, scaled, restarted, changed and deleted', async () => {
    const vigie = await startAt(serverVersion);
    const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
    expect((await vigie.call('k8s_list', { kind: 'pods', namespace: 'shop' })).text).toContain('web-');
    expect((await vigie.call('k8s_get', { target: web })).status).toBe('answered');
    expect((await vigie.call('k8s_events', { namespace: 'shop' })).status).toBe('answered');
    for (const [tool, input] of [
      ['k8s_scale', { target: web, replicas: 3 }],
      ['k8s_rollout', { target: web, action: 'restart' }],
      ['k8s_apply', { manifest: manifest('') }],
      ['k8s_delete', { target: { kind: 'Service', name: 'near', namespace: 'shop' } }],
    ] as const) {
      const result = await vigie.call(tool, input);
      expect(result.status, `${tool}: ${result.text}`).toBe('done');
    }
  });
});

test.each([
  [
    'k8s_list',
    { kind: 'validatingadmissionpolicies' },
    'The cluster serves no kind "validatingadmissionpolicies"',
  ],
  [
    'k8s_apply',
    {
      manifest:
        'apiVersion: storage.k8s.io/v1\nkind: VolumeAttributesClass\nmetadata: {name: fast}\ndriverName: x\n',
    },
    'The cluster serves no kind "VolumeAttributesClass"',
  ],
  [
    'k8s_apply',
    {
      manifest:
        'apiVersion: autoscaling/v2beta2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a, namespace: shop}\nspec: {maxReplicas: 3}\n',
    },
    'It serves HorizontalPodAutoscaler in autoscaling/v2.',
  ],
])('what an old server does not have is named: %s %o', async (tool, input, why) => {
  const vigie = await startAt('v1.28.15');
  const result = await vigie.call(tool, input);
  expect(result.data).toMatchObject({ status: 'failed', code: 'UNKNOWN_KIND' });
  expect(result.text).toContain(why);
});

test('a field that an old server does not have is named, and nothing is written', async () => {
  const vigie = await startAt('v1.28.15');
  const result = await vigie.call('k8s_apply', { manifest: manifest('  trafficDistribution: PreferClose') });
  expect(result.data).toMatchObject({
    code: 'INVALID_MANIFEST',
    details: { field: 'spec.trafficDistribution' },
  });
  expect(vigie.sandbox.cluster.state.get('/services', 'shop/near')).toBeUndefined();
});
