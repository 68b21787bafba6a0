import { expect, test } from 'vitest';
import { readRefusal } from '../../../src/diagnosis/workloads/creation-refusal.ts';
import { fc } from '../../support/properties.ts';

test.each([
  [
    'pods "web-1" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=5, limited: pods=5',
    { by: 'quota', quota: 'compute', detail: 'requested: pods=1, used: pods=5, limited: pods=5' },
  ],
  [
    'Create Pod web-0 in StatefulSet web failed error: pods "web-0" is forbidden: failed quota: q: must specify requests.cpu for: c',
    { by: 'quota-needs', quota: 'q', detail: 'must specify requests.cpu for: c' },
  ],
  [
    'pods "w" is forbidden: maximum cpu usage per Container is 1, but limit is 2',
    { by: 'limit-range', detail: 'maximum cpu usage per Container is 1, but limit is 2' },
  ],
  [
    'pods "w" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000',
    { by: 'limit-range' },
  ],
  [
    'pods "w" is forbidden: violates PodSecurity "restricted:latest": privileged (…)',
    { by: 'pod-security', detail: 'violates PodSecurity "restricted:latest": privileged (…)' },
  ],
  [
    'Error creating: pods "w" is forbidden: error looking up service account shop/runner: serviceaccount "runner" not found',
    { by: 'account', account: 'runner' },
  ],
  ['pods "w" is forbidden: no PriorityClass with name gold was found', { by: 'priority', name: 'gold' }],
  [
    'Internal error occurred: failed calling webhook "w.example.com": failed to call webhook: Post "https://…": connection refused',
    { by: 'webhook-down', webhook: 'w.example.com' },
  ],
  [
    'admission webhook "w.example.com" denied the request: no root',
    { by: 'webhook', webhook: 'w.example.com', detail: 'no root' },
  ],
  [
    "pods \"w\" is forbidden: ValidatingAdmissionPolicy 'no-root' with binding 'all' denied request: runs as root",
    { by: 'policy', policy: 'no-root', detail: 'runs as root' },
  ],
  ['pods "w" is forbidden: nobody knows', { by: 'other' }],
])('%s', (message, refusal) => {
  expect(readRefusal(message)).toMatchObject(refusal);
});

test('no text is too strange', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), text => readRefusal(text).by === 'other'),
  );
});
