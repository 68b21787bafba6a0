import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { kindInfo } from '../../src/kubernetes/schema.ts';
import type { Instead, Passing } from '../support/meddled-wire.ts';
import { misshapenForm } from '../support/misshapen-form.ts';
import { fc } from '../support/properties.ts';
import { type RecordedObject, recordedObjects } from '../support/recorded-objects.ts';
import { type Meddled, startMeddled } from './meddler.ts';

// A cluster whose objects have other shapes than their kinds: fields gone, or with a value of another type.

let running: Meddled;

beforeAll(async () => {
  running = await startMeddled();
});
afterAll(() => running.stop());

/** In the namespace that the environment has, and belonging together. */
const recorded = recordedObjects().map(placed);
/** What the cluster holds of each kind. */
const objects = new Map(recorded.map(object => [idOf(object), object]));

function idOf({ apiVersion, kind }: RecordedObject): string {
  return `${apiVersion} ${kind}`;
}

function placed(object: RecordedObject): RecordedObject {
  const namespaced = kindInfo(object.apiVersion, object.kind)?.namespaced === true;
  const owners = [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'a', uid: 'u', controller: true }];
  const metadata = {
    ...object.metadata,
    uid: 'u',
    resourceVersion: '1',
    annotations: { 'deployment.kubernetes.io/revision': '1' },
    ...(namespaced ? { namespace: 'shop', ownerReferences: owners } : {}),
  };
  return { ...object, metadata };
}

/** Which objects of a kind the cluster serves in another shape, and which. */
interface Misshapen {
  original: RecordedObject;
  object: Json;
  /** A table is asked for and a list comes, as of a server that prints none. */
  untabled: boolean;
}

const misshapen: fc.Arbitrary<Misshapen> = fc
  .constantFrom(...recorded)
  .chain(original =>
    fc.record({ original: fc.constant(original), object: misshapenForm(original), untabled: fc.boolean() }),
  );

function answerOf(wrong: Misshapen): (passing: Passing) => Instead | undefined {
  return ({ method, path }) => {
    const [route = '', query = ''] = path.split('?');
    if (route.endsWith('/log')) return { body: '2026-11-21T10:00:00.000000000Z a line\n' };
    for (const [id, object] of objects) {
      const info = kindInfo(object.apiVersion, object.kind);
      if (info === undefined) continue;
      const group = info.group === '' ? `/api/${info.version}` : `/apis/${info.group}/${info.version}`;
      const plural = new RegExp(`^${group}(?:/namespaces/[^/]+)?/${info.plural}(/[^/]+)?(/scale)?$`);
      const found = plural.exec(route);
      if (found === null || /^\/api\/v1\/namespaces\/kube-system$/.test(route)) continue;
      const body = id === idOf(wrong.original) ? wrong.object : object;
      if (found[1] !== undefined) return { body: JSON.stringify(body) };
      if (method !== 'GET' || (query.includes('includeObject') && !wrong.untabled)) return undefined;
      const metadata = { resourceVersion: '1' };
      return { body: JSON.stringify({ apiVersion: 'v1', kind: 'List', metadata, items: [body] }) };
    }
    return undefined;
  };
}

function questionsAbout(object: RecordedObject): [tool: string, input: JsonObject][] {
  const { apiVersion, kind, metadata } = object;
  const namespaced = kindInfo(apiVersion, kind)?.namespaced === true;
  const target = { kind, apiVersion, name: metadata.name, ...(namespaced ? { namespace: 'shop' } : {}) };
  const manifest = JSON.stringify({
    ...object,
    metadata: { name: metadata.name, ...(namespaced ? { namespace: 'shop' } : {}) },
    status: undefined,
  });
  const rollouts = ['status', 'history', 'restart', 'undo', 'pause'].map((action): [string, JsonObject] => [
    'k8s_rollout',
    { target: workload, action },
  ]);
  return [
    ['k8s_get', { target }],
    ['k8s_get', { target, format: 'json' }],
    ['k8s_get', { target, field: 'spec' }],
    ['k8s_list', { kind, apiVersion }],
    ['k8s_list', { kind, apiVersion, format: 'json', wide: true }],
    ['k8s_events', { target }],
    ['k8s_events', {}],
    ['k8s_describe', { target }],
    ['k8s_describe', { target: workload }],
    ['k8s_explain', { path: kind, apiVersion }],
    ['k8s_top', { containers: true }],
    ['k8s_top', { kind: 'nodes' }],
    ['k8s_access', { verb: 'get', resource: 'pods', namespace: 'shop', whoCan: true }],
    ['k8s_logs', { target }],
    ['k8s_logs', { target: workload }],
    ['k8s_apply', { manifest, force: true }],
    ['k8s_delete', { target }],
    ['k8s_scale', { target, replicas: 3 }],
    ...rollouts,
    ['k8s_rollout', { target, action: 'history' }],
    ['k8s_rollout', { target, action: 'undo' }],
    ['k8s_rollout', { target, action: 'status' }],
  ];
}

const workload = {
  kind: 'Deployment',
  name: objects.get('apps/v1 Deployment')?.metadata.name ?? '',
  namespace: 'shop',
};

test('an object of another shape than its kind is an error that names it or is shown, never a fault of Vigie itself', async () => {
  const answers = new Set<string>();
  await fc.assert(
    fc.asyncProperty(misshapen, async wrong => {
      running.meddle({ before: answerOf(wrong) });
      for (const [tool, input] of questionsAbout(wrong.original)) {
        const { data, status } = await running.call(tool, input);
        answers.add(typeof data.code === 'string' ? data.code : status);
        expect(data.code, `${tool} ${JSON.stringify(input).slice(0, 300)}`).not.toBe('INTERNAL');
      }
    }),
    { numRuns: 60, endOnFailure: true },
  );
  expect(running.writes()).toEqual([]);
  expect(answers).toContain('BAD_RESPONSE');
  expect(answers).toContain('answered');
  expect(answers).toContain('approval_required');
});

const pod = recorded.find(({ kind }) => kind === 'Pod');

test.each<[string, JsonObject, string]>([
  ['no containers', { spec: {} }, 'spec.containers'],
  ['containers that are no list', { spec: { containers: { name: 'web' } } }, 'spec.containers'],
  ['a container without a shape', { spec: { containers: ['web'] } }, 'spec.containers[0]'],
  ['a status that is a text', { status: 'Running' }, 'status'],
  [
    'an owner without a kind',
    { metadata: { ...pod?.metadata, ownerReferences: [{}] } },
    'metadata.ownerReferences[0].apiVersion',
  ],
])(
  'of a pod with %s the pod and the field are named, when it is read and when it is listed',
  async (_what, parts, field) => {
    if (pod === undefined) throw new Error('no pod was recorded');
    running.meddle({ before: answerOf({ original: pod, object: { ...pod, ...parts }, untabled: false }) });
    const { name } = pod.metadata;
    for (const [tool, input] of [
      ['k8s_logs', { target: { kind: 'Pod', name, namespace: 'shop' } }],
      ['k8s_logs', { target: workload }],
      ['k8s_get', { target: { kind: 'Pod', name, namespace: 'shop' } }],
    ] as const) {
      const { data } = await running.call(tool, input);
      expect(data).toMatchObject({ status: 'failed', code: 'BAD_RESPONSE' });
      expect(data.message).toContain(`Pod/${name} in shop with ${field} `);
    }
  },
);

test('an object of another kind than was asked for is no answer', async () => {
  const secret = recorded.find(({ kind }) => kind === 'Secret');
  if (pod === undefined || secret === undefined) throw new Error('no pod or no secret was recorded');
  running.meddle({ before: answerOf({ original: pod, object: secret, untabled: false }) });
  const { data } = await running.call('k8s_logs', {
    target: { kind: 'Pod', name: pod.metadata.name, namespace: 'shop' },
  });
  expect(data).toMatchObject({ status: 'failed', code: 'BAD_RESPONSE' });
  expect(data.message).toContain('it is no Pod of v1');
});
