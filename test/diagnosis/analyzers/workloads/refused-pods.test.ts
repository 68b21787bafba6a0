import { expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { refusedPodsAnalyzer } from '../../../../src/diagnosis/analyzers/workloads/refused-pods.ts';
import { diagnose } from '../../../../src/diagnosis/diagnose.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';
import { ago, object, ownedBy, template, workload, written } from '../../../support/written-objects.ts';

const found = (...objects: JsonObject[]) => refusedPodsAnalyzer.analyze(snapshotOf(written(...objects)));
const refused = (message: string, name = 'web', pods = {}) =>
  workload('Deployment', name, {
    pods,
    status: { conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }] },
  });
const event = (
  kind: string,
  name: string,
  { message, minutes = 5 }: { message: string; minutes?: number },
) => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: `${kind}-${name}`, namespace: 'shop' },
  involvedObject: { kind, name, namespace: 'shop' },
  reason: 'FailedCreate',
  type: 'Warning',
  message,
  lastTimestamp: ago(minutes),
});
const quota = (hard: JsonObject) =>
  object('ResourceQuota', 'compute', { spec: { hard }, status: { hard, used: {} } });
const sized = (memory: string) => ({
  container: { resources: { requests: { memory }, limits: { memory } } },
});
const range = object('LimitRange', 'sizes', {
  spec: { limits: [{ type: 'Container', max: { memory: '1Gi' } }] },
});
const restricted = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'shop', labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } },
};
const exceeded = (name: string) =>
  `pods "${name}-x" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=5, limited: pods=5`;

test('a quota that refuses several workloads is one finding, and breaks them all', () => {
  const drafts = found(quota({ pods: '5' }), refused(exceeded('a'), 'a'), refused(exceeded('b'), 'b'));
  expect(drafts).toMatchObject([
    {
      code: 'QUOTA_EXCEEDED',
      object: { kind: 'ResourceQuota', name: 'compute', namespace: 'shop' },
      summary: 'it has no room for pods of Deployment/a in shop and 1 more',
      evidence: ['FailedCreate: exceeded quota: requested: pods=1, used: pods=5, limited: pods=5'],
      breaks: [{ name: 'a' }, { name: 'b' }],
    },
  ]);
});

test('a workload that a quota refuses and one that it stops otherwise are two findings', () => {
  const { findings } = diagnose(
    snapshotOf(
      written(
        quota({ pods: '5', 'requests.cpu': '4' }),
        refused(exceeded('a'), 'a'),
        refused('failed quota: compute: must specify requests.cpu for: main', 'b'),
      ),
    ),
  );
  expect(findings.map(({ code }) => code).toSorted()).toEqual(['QUOTA_EXCEEDED', 'QUOTA_NEEDS_AMOUNTS']);
});

test.each<[what: string, objects: JsonObject[], code: string, about: string]>([
  [
    'an account that is not there',
    [workload('Deployment', 'web', { pods: { serviceAccountName: 'runner' } })],
    'SERVICE_ACCOUNT_MISSING',
    'ServiceAccount/runner',
  ],
  [
    'a priority class that is not there',
    [workload('Deployment', 'web', { pods: { priorityClassName: 'gold' } })],
    'PRIORITY_CLASS_MISSING',
    'PriorityClass/gold',
  ],
  [
    'a limit above the range',
    [range, workload('Deployment', 'web', { pods: sized('2Gi') })],
    'LIMIT_RANGE_BROKEN',
    'Deployment/web',
  ],
  [
    'a quota smaller than one pod',
    [quota({ 'requests.memory': '1Gi' }), workload('Deployment', 'web', { pods: sized('2Gi') })],
    'QUOTA_EXCEEDED',
    'ResourceQuota/compute',
  ],
  [
    'a quota of what no container names',
    [quota({ 'requests.cpu': '4' }), workload('Deployment', 'web')],
    'QUOTA_NEEDS_AMOUNTS',
    'Deployment/web',
  ],
  [
    'a template that the namespace does not admit',
    [restricted, workload('Deployment', 'web', { pods: { hostNetwork: true } })],
    'POD_SECURITY_BROKEN',
    'Deployment/web',
  ],
])('from the spec alone: %s', (_what, objects, code, about) => {
  const [draft, ...others] = found(...objects);
  expect(others).toEqual([]);
  expect(draft).toMatchObject({ code, severity: 'critical', depth: 2 });
  expect(`${draft?.object.kind}/${draft?.object.name}`).toBe(about);
});

test.each<[what: string, of: JsonObject]>([
  [
    'a Job that is done, as a hook of a release is whose account was taken away after it',
    object('Job', 'hook', {
      apiVersion: 'batch/v1',
      spec: { template: { spec: { serviceAccountName: 'gone', priorityClassName: 'gone', containers: [] } } },
      status: { succeeded: 1, conditions: [{ type: 'Complete', status: 'True' }] },
    }),
  ],
  [
    'a pod that has ended',
    object('Pod', 'once', {
      spec: { serviceAccountName: 'gone', restartPolicy: 'Never', containers: [] },
      status: { phase: 'Succeeded' },
    }),
  ],
  [
    'a Deployment of no pods',
    workload('Deployment', 'parked', { replicas: 0, pods: { serviceAccountName: 'gone' } }),
  ],
])('what nobody makes pods of any more needs no account: %s', (_what, of) => {
  expect(found(of)).toEqual([]);
});

test.each<[what: string, of: JsonObject]>([
  [
    'a Job',
    object('Job', 'run', {
      apiVersion: 'batch/v1',
      spec: { template: { spec: { hostNetwork: true, containers: [] } } },
    }),
  ],
  [
    'a CronJob',
    object('CronJob', 'run', {
      apiVersion: 'batch/v1',
      spec: {
        schedule: '* * * * *',
        jobTemplate: { spec: { template: { spec: { hostNetwork: true, containers: [] } } } },
      },
    }),
  ],
  ['a DaemonSet', workload('DaemonSet', 'run', { pods: { hostNetwork: true } })],
])('%s that is only written down is judged by its template', (_what, of) => {
  expect(found(restricted, of)).toMatchObject([{ code: 'POD_SECURITY_BROKEN', object: { name: 'run' } }]);
});

test.each<[kind: 'StatefulSet' | 'DaemonSet', status: JsonObject]>([
  ['StatefulSet', { replicas: 0 }],
  ['DaemonSet', { desiredNumberScheduled: 2, currentNumberScheduled: 0 }],
])('a %s tells of a refusal by its events, as long as it lacks pods', (kind, status) => {
  const message = 'pods "web-0" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true';
  const whole =
    kind === 'StatefulSet' ? { replicas: 1 } : { desiredNumberScheduled: 2, currentNumberScheduled: 2 };
  expect(found(workload(kind, 'web', { status }), event(kind, 'web', { message }))).toMatchObject([
    { code: 'POD_SECURITY_BROKEN' },
  ]);
  expect(found(workload(kind, 'web', { status: whole }), event(kind, 'web', { message }))).toEqual([]);
  expect(found(workload(kind, 'web', { status }), event(kind, 'web', { message, minutes: 90 }))).toEqual([]);
});

test('a webhook that does not answer is explained where its configuration is found at fault', () => {
  const configuration = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'policy' },
    webhooks: [{ name: 'w.example.com' }],
  };
  const message =
    'Internal error occurred: failed calling webhook "w.example.com": failed to call webhook: connection refused';
  expect(found(configuration, refused(message))).toMatchObject([
    {
      code: 'WEBHOOK_STOPS_PODS',
      depth: 1,
      dependsOn: [{ kind: 'ValidatingWebhookConfiguration', name: 'policy' }],
    },
  ]);
});

test('an account whose name is nearly right is named', () => {
  const [draft] = found(
    object('ServiceAccount', 'runner-web'),
    object('ServiceAccount', 'default'),
    workload('Deployment', 'web', { pods: { serviceAccountName: 'runer-web' } }),
  );
  expect(draft?.fixes).toMatchObject([
    { tool: 'k8s_patch', does: 'Run Deployment/web in shop as ServiceAccount/runner-web' },
  ]);
});

test('the revision before is offered where it keeps to the rule and serves', () => {
  const revision = (
    name: string,
    { number, memory, ready }: { number: string; memory: string; ready: number },
  ) =>
    workload('ReplicaSet', name, {
      pods: sized(memory),
      status: { replicas: ready, readyReplicas: ready },
      metadata: {
        ...ownedBy('Deployment', 'web'),
        annotations: { 'deployment.kubernetes.io/revision': number },
      },
    });
  const message = 'pods "w" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi';
  const world = (memory: string) =>
    found(
      range,
      refused(message, 'web', sized('2Gi')),
      revision('old', { number: '1', memory, ready: 1 }),
      revision('new', { number: '2', memory: '2Gi', ready: 0 }),
    );
  expect(world('512Mi')[0]?.fixes).toMatchObject([{ arguments: { action: 'undo', toRevision: 1 } }]);
  expect(world('3Gi')[0]).toMatchObject({
    fixes: [],
    question: 'Which amounts within the range does it need?',
  });
});

test.each<[what: string, objects: JsonObject[]]>([
  [
    'the default account, which is made with the namespace',
    [workload('Deployment', 'web', { pods: { serviceAccountName: 'default' } })],
  ],
  [
    'the classes that every cluster has',
    [workload('Deployment', 'web', { pods: { priorityClassName: 'system-node-critical' } })],
  ],
  [
    'a limit range that fills in what is missing',
    [
      quota({ 'limits.memory': '4Gi' }),
      object('LimitRange', 'r', { spec: { limits: [{ type: 'Container', default: { memory: '1Gi' } }] } }),
      workload('Deployment', 'web'),
    ],
  ],
  [
    'a level that came after the pods',
    [
      restricted,
      workload('Deployment', 'web', {
        pods: { hostNetwork: true },
        status: { replicas: 1, readyReplicas: 1 },
      }),
    ],
  ],
  [
    'a workload scaled to zero that was refused once',
    [
      workload('Deployment', 'web', {
        replicas: 0,
        status: { conditions: [{ type: 'ReplicaFailure', status: 'True', message: exceeded('web') }] },
      }),
    ],
  ],
])('%s is no finding', (_what, objects) => {
  expect(found(...objects)).toEqual([]);
});

/** Of every five minutes, which made a Job so many minutes ago. */
const cron = (minutes: number) =>
  object('CronJob', 'web', {
    apiVersion: 'batch/v1',
    spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template: template('web') } } },
    status: { lastScheduleTime: ago(minutes) },
  });

test.each<[what: string, objects: JsonObject[]]>([
  [
    'a Deployment, whose condition would say so',
    [
      workload('Deployment', 'web', { status: { replicas: 0 } }),
      event('Deployment', 'web', { message: exceeded('web') }),
    ],
  ],
  [
    'the replica set of one',
    [
      workload('Deployment', 'web', { status: { replicas: 0 } }),
      workload('ReplicaSet', 'web-1', {
        status: { replicas: 0 },
        metadata: ownedBy('Deployment', 'web'),
      }),
      event('ReplicaSet', 'web-1', { message: exceeded('web') }),
    ],
  ],
  [
    'a StatefulSet that has its pods',
    [
      workload('StatefulSet', 'web', { replicas: 2, status: { replicas: 2 } }),
      event('StatefulSet', 'web', { message: exceeded('web') }),
    ],
  ],
  ['a CronJob that has made a Job since', [cron(2), event('CronJob', 'web', { message: exceeded('web') })]],
])('an event alone, which anybody writes, refuses nothing to %s', (_what, objects) => {
  expect(found(quota({ pods: '5' }), ...objects)).toEqual([]);
});

test('an event tells of a CronJob that has made no Job since, and of a StatefulSet that lacks pods', () => {
  const pairs = [
    ['CronJob', cron(60)],
    ['StatefulSet', workload('StatefulSet', 'web', { status: { replicas: 0 } })],
  ] as const;
  for (const [kind, each] of pairs) {
    const told = event(kind, 'web', { message: exceeded('web') });
    expect(found(quota({ pods: '5' }), each, told).map(({ code }) => code)).toEqual(['QUOTA_EXCEEDED']);
  }
});

test('what could not be read is not missing', () => {
  const unread = ['ServiceAccount', 'PriorityClass'].map(kind => ({ kind, why: 'forbidden' }));
  const deployment = workload('Deployment', 'web', {
    pods: { serviceAccountName: 'runner', priorityClassName: 'gold' },
  });
  expect(refusedPodsAnalyzer.analyze(snapshotOf(written(deployment), { unread }))).toEqual([]);
});

test.each<[what: string, message: string, objects: JsonObject[]]>([
  [
    'an account that the template does not name',
    'serviceaccount "operator-admim" not found',
    [object('ServiceAccount', 'operator-admin')],
  ],
  [
    'a standard that the template does not break',
    'pods "web-0" is forbidden: violates PodSecurity "baseline:latest": hostNetwork=true',
    [restricted],
  ],
  [
    'a class that the template does not name',
    'no PriorityClass with name system-cluster-critica was found',
    [],
  ],
])('words of a refusal put nothing into a fix or a field: %s', (_what, message, objects) => {
  const revision = (name: string, number: string, ready: number) =>
    workload('ReplicaSet', name, {
      status: { replicas: ready, readyReplicas: ready },
      metadata: {
        ...ownedBy('Deployment', 'web'),
        annotations: { 'deployment.kubernetes.io/revision': number },
      },
    });
  const drafts = found(
    workload('Deployment', 'web', {
      status: { replicas: 0, conditions: [{ type: 'ReplicaFailure', status: 'True', message }] },
    }),
    revision('old', '1', 1),
    revision('new', '2', 0),
    ...objects,
  );
  expect(drafts).toMatchObject([{ object: { kind: 'Deployment', name: 'web' }, fixes: [] }]);
  expect(drafts[0]?.evidence.join()).not.toMatch(/serviceAccountName|priorityClassName/);
});

test.each<[what: string, message: string, pods: JsonObject, there: JsonObject[]]>([
  [
    'an account that is there again',
    'serviceaccount "runner" not found',
    { serviceAccountName: 'runner' },
    [object('ServiceAccount', 'runner')],
  ],
  ['a quota that is gone', exceeded('web'), {}, []],
])('a refusal is over: %s', (_what, message, pods, there) => {
  const web = workload('StatefulSet', 'web', { pods, status: { replicas: 0 } });
  expect(found(web, event('StatefulSet', 'web', { message }), ...there)).toEqual([]);
});

test.each<[what: string, pods: JsonObject, code: string]>([
  ['account', { serviceAccountName: 'runner' }, 'SERVICE_ACCOUNT_MISSING'],
  ['priority class', { priorityClassName: 'gold' }, 'PRIORITY_CLASS_MISSING'],
])(
  'a missing %s offers the revision before, where that runs and names none that is missing',
  (_what, pods, code) => {
    const set = (revision: number, { spec, ready }: { spec: JsonObject; ready: number }) =>
      workload('ReplicaSet', `web-${revision}`, {
        pods: spec,
        metadata: {
          ...ownedBy('Deployment', 'web'),
          annotations: { 'deployment.kubernetes.io/revision': `${revision}` },
        },
        status: { readyReplicas: ready },
      });
    const world = (before: JsonObject, ready: number) =>
      found(
        workload('Deployment', 'web', { pods, status: { readyReplicas: ready } }),
        set(2, { spec: pods, ready: 0 }),
        set(1, { spec: before, ready }),
      );
    const back = { tool: 'k8s_rollout', arguments: { action: 'undo', toRevision: 1 } };
    expect(world({}, 1)).toMatchObject([{ code, fixes: [back] }]);
    expect(world({}, 1)[0]).not.toHaveProperty('question');
    expect(world({}, 0)).toMatchObject([{ code, fixes: [], question: expect.stringContaining('be made') }]);
    expect(world(pods, 1)).toMatchObject([{ code, fixes: [] }]);
  },
);
