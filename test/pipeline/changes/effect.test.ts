import { expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { effectOf } from '../../../src/pipeline/changes/effect.ts';

const template = { spec: { containers: [{ name: 'main', image: 'shop/a:1' }] } };
const other = { spec: { containers: [{ name: 'main', image: 'shop/b:1' }] } };

function of(before: JsonObject | undefined, after: JsonObject, kind = 'Deployment') {
  const target = { kind, name: 'web', namespace: 'shop' };
  const undo = { possible: true } as const;
  return effectOf({
    change: { kind: 'k8s-apply', target, manifest: {}, force: false },
    operation: before === undefined ? 'create' : 'update',
    target,
    ...(before === undefined ? {} : { before }),
    after,
    volatile: [],
    warnings: [],
    alongside: [],
    risk: { level: 'medium', reasons: [] },
    undo,
    serverChecked: true,
  });
}

const nothing = { startsPods: false, changesSpec: false };
const asks = { startsPods: false, changesSpec: true };
const starts = { startsPods: true, changesSpec: true };

test.each<[string, ReturnType<typeof of>, typeof starts]>([
  ['a new workload starts pods', of(undefined, { spec: { template } }), starts],
  ['a new object without a spec asks for nothing', of(undefined, { data: { a: 'b' } }, 'ConfigMap'), nothing],
  ['another template starts pods', of({ spec: { template } }, { spec: { template: other } }), starts],
  [
    'the same spec with another label asks for nothing',
    of({ metadata: {}, spec: { template } }, { metadata: { labels: { team: 'shop' } }, spec: { template } }),
    nothing,
  ],
  ['more pods are asked for', of({ spec: { replicas: 2 } }, { spec: { replicas: 3 } }), asks],
  ['an absent count is one pod', of({ spec: {} }, { spec: { replicas: 2 } }), asks],
  [
    'fewer pods are nothing that could fail',
    of({ spec: { replicas: 3 } }, { spec: { replicas: 2 } }),
    nothing,
  ],
  ['the first pods are all its own', of({ spec: { replicas: 0 } }, { spec: { replicas: 2 } }), starts],
  ['a rollout that goes on starts pods', of({ spec: { paused: true } }, { spec: {} }), starts],
  ['a rollout that is halted does not', of({ spec: {} }, { spec: { paused: true } }), nothing],
  [
    'a Job that is no longer suspended starts pods',
    of({ spec: { suspend: true } }, { spec: { suspend: false } }, 'Job'),
    starts,
  ],
  [
    'fewer pods of another template start pods',
    of({ spec: { replicas: 3, template } }, { spec: { replicas: 1, template: other } }),
    starts,
  ],
  ['a pod with another image is started by it', of({ spec: { a: 1 } }, { spec: { a: 2 } }, 'Pod'), starts],
])('%s', (_what, found, wanted) => {
  expect(found).toEqual(wanted);
});
