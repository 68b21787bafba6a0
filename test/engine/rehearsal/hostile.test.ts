import { expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { fc } from '../../support/properties.ts';
import { startRehearsals } from './rehearsal-of.ts';

const steps =
  'steps: [{id: up, tool: k8s_scale, with: {target: {kind: Deployment, name: web, namespace: shop}, replicas: 3}}]\n';

/** A cluster in which a tenant has a kind of their own, and one object of it. */
async function withObject(kind: string, parts: JsonObject) {
  const rehearsals = await startRehearsals();
  const { state } = rehearsals.live.sandbox.cluster;
  const plural = `${kind.toLowerCase()}s`;
  state.put('apiextensions.k8s.io/customresourcedefinitions', {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.evil.io`, uid: `definition-of-${kind}` },
    spec: {
      group: 'evil.io',
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
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
  // What a server keeps of a kind without a schema is any JSON at all.
  const object: JsonObject = {
    ...parts,
    apiVersion: 'evil.io/v1',
    kind,
    metadata: { name: 'x', namespace: 'shop', uid: 'x' },
  };
  state.put(`evil.io/${plural}`, object as unknown as Parameters<typeof state.put>[1]);
  return rehearsals;
}

test.each(['Widget', 'Pod', 'Deployment', 'Job', 'CronJob', 'Service', 'Secret', 'Event'])(
  'an object of a kind %s of somebody’s own that has no spec or status ends no rehearsal',
  async kind => {
    const { rehearse: rehearsed } = await withObject(kind, { spec: null, status: null, data: null });
    expect(await rehearsed(steps)).toMatchObject({ outcome: 'done', recorded: expect.anything() });
  },
);

test('an object a thousand levels deep ends no rehearsal', async () => {
  let spec: JsonObject = {};
  for (let level = 0; level < 1_000; level++) spec = { in: spec };
  const { rehearse: rehearsed } = await withObject('Widget', { spec });
  expect(await rehearsed(steps)).toMatchObject({ outcome: 'done' });
});

test('whatever a tenant writes under a kind of their own, the rehearsal is about something else', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('Widget', 'Pod', 'Deployment', 'Job', 'Node', 'HorizontalPodAutoscaler'),
      fc.dictionary(fc.constantFrom('spec', 'status', 'data', 'rules', 'subjects'), fc.jsonValue()),
      async (kind, parts) => {
        const { rehearse: rehearsed, live } = await withObject(kind, parts);
        expect(await rehearsed(steps)).toMatchObject({ outcome: 'done' });
        await live.stop();
      },
    ),
    { numRuns: 6, interruptAfterTimeLimit: 30_000 },
  );
}, 60_000);
