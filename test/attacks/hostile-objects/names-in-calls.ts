import type { JsonObject } from '../../../src/core/json.ts';
import { defineAttack } from '../attack.ts';
import { hostileNames } from '../hostile-text.ts';
import { type Answered, ask, judgeAnswers } from './questions.ts';

/** As many calls at once as a client that does not wait would have. */
const atOnce = 10;

export const namesInCalls = defineAttack({
  name: 'hostile-names-in-calls',
  adversary: 'hostile objects',
  does: 'Makes 2,000 calls with generated names, namespaces, kinds, versions, fields and selectors that climb paths, cut queries, look like flags, hide or command.',
  must: 'Nothing is written and no request leaves the environment; every answer is clean and has a code.',
  async run(ground) {
    const cluster = await ground.cluster();
    const door = await ground.stdio();
    const answers: Answered[] = [];
    const calls = hostileNames(2_000).map(callWith);
    while (calls.length > 0)
      answers.push(...(await Promise.all(calls.splice(0, atOnce).map(call => ask(door, call)))));
    const bent = cluster.passed.find(({ path }) => !plainPath.test(path.split('?')[0] ?? ''));
    const outside = cluster.passed.filter(({ path }) => leavesTheEnvironment(path));
    return judgeAnswers(answers, {
      door,
      cluster,
      seconds: 20,
      // A start takes 90 MB, 2,000 short answers leave garbage until it is collected.
      megabytes: 350,
      more: {
        [`no request left the environment (${outside[0]?.path ?? ''})`]: outside.length === 0,
        // Every character that a URL parser leaves as it is, and none that ends or climbs a path.
        [`every path is plain (${bent?.path ?? ''})`]: bent === undefined,
        'most were refused': answers.filter(({ status }) => status === 'failed').length > 1_000,
      },
    });
  },
});

/** No percent, no backslash, no dots alone between two slashes. */
const plainPath = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~!$&'()*+,;=:@-]+)+$/;

function callWith(hostile: string, index: number): readonly [string, JsonObject] {
  const target = { kind: 'Deployment', name: hostile, namespace: 'shop' };
  const calls: (readonly [string, JsonObject])[] = [
    ['k8s_get', { target }],
    ['k8s_get', { target: { kind: 'Secret', name: 'db', namespace: hostile } }],
    ['k8s_get', { target: { kind: hostile, name: 'db', namespace: 'shop' } }],
    ['k8s_get', { target: { kind: 'ConfigMap', name: 'settings', namespace: 'shop', apiVersion: hostile } }],
    ['k8s_get', { target: { kind: 'ConfigMap', name: 'settings', namespace: 'shop' }, field: hostile }],
    ['k8s_list', { kind: hostile }],
    ['k8s_list', { kind: 'pods', namespace: hostile }],
    ['k8s_list', { kind: 'pods', labelSelector: hostile }],
    ['k8s_list', { kind: 'pods', fieldSelector: hostile }],
    ['k8s_list', { kind: 'pods', cursor: hostile }],
    [
      'k8s_logs',
      { target: { kind: 'Pod', name: hostile, namespace: 'shop' }, container: hostile.slice(0, 63) },
    ],
    ['k8s_scale', { target, replicas: 3 }],
    ['k8s_scale', { target: { ...target, kind: hostile, name: 'web' }, replicas: 3 }],
    ['k8s_rollout', { target, action: 'restart' }],
    ['k8s_exec', { pod: hostile, namespace: 'shop', command: ['env'] }],
    ['k8s_exec', { pod: 'deploy/web', namespace: hostile, command: ['env'] }],
    ['k8s_exec', { pod: 'deploy/web', namespace: 'shop', container: hostile, command: [hostile] }],
    ['k8s_delete', { target }],
    ['k8s_delete', { target: { kind: 'ConfigMap', name: 'settings', namespace: hostile } }],
    ['k8s_apply', { manifest: manifestOf({ name: hostile, namespace: 'shop' }) }],
    ['k8s_apply', { manifest: manifestOf({ name: 'made', namespace: hostile }) }],
    ['changes_get', { id: hostile }],
    ['changes_undo', { id: hostile }],
  ];
  return calls[index % calls.length] ?? ['k8s_get', { target }];
}

function manifestOf(metadata: JsonObject): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: 'b' } });
}

/** The environment has the namespaces shop and other; what else a plan may look at is the cluster's own identity. */
function leavesTheEnvironment(path: string): boolean {
  const namespace = /^\/apis?\/(?:[^/]+\/)?v\w+\/namespaces\/([^/?]+)\//.exec(path)?.[1];
  return namespace !== undefined && namespace !== 'shop' && namespace !== 'other';
}
