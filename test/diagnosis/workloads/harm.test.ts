import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import { harmTo } from '../../../src/diagnosis/workloads/harm.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import {
  ago,
  brokenWeb,
  crashing,
  earlierWeb,
  eventOf,
  snapshotWith,
} from '../../support/broken-workload.ts';
import { node, workload } from '../../support/written-objects.ts';

// The JSON border of a test: what it wrote down is an object of the API.
const objectOf = (written: JsonObject) => written as unknown as KubeObject;
const held = (reason: string, message: string) => ({
  phase: 'Pending',
  containerStatuses: [
    {
      name: 'main',
      image: 'shop/web:2',
      ready: false,
      restartCount: 0,
      state: { waiting: { reason, message } },
    },
  ],
});
const unplaced = (message: string) => ({
  phase: 'Pending',
  conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
});
const stuck = {
  phase: 'Pending',
  conditions: [{ type: 'PodScheduled', status: 'True' }],
};
const n1 = objectOf(node('n1'));

interface Fault {
  spec?: object;
  podStatus?: object;
  pod?: object;
  more?: KubeObject[];
  refused?: string;
}

/** The new revision of `web` cannot run, and so many of the two pods that are wanted serve, all of the one before. */
function verdict({ spec = {}, podStatus, pod = {}, more = [], refused }: Fault, ready: number) {
  const failure = { type: 'ReplicaFailure', status: 'True', message: refused ?? '' };
  const status = {
    readyReplicas: ready,
    availableReplicas: ready,
    replicas: ready,
    updatedReplicas: 0,
    conditions: [
      { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'timed out' },
      ...(refused === undefined ? [] : [failure]),
    ],
  };
  const objects = [
    n1,
    ...brokenWeb(spec, { status, pod, ...(podStatus === undefined ? {} : { podStatus }) }),
    earlierWeb({}, ready),
    ...more,
  ];
  const { findings } = diagnose(snapshotWith(objects));
  return findings.map(({ code, severity }) => `${code} ${severity}`);
}

const env = (from: object) => ({
  containers: [{ name: 'main', image: 'shop/web:2', env: [{ name: 'KEY', valueFrom: from }] }],
});

const faults: [code: string, fault: Fault][] = [
  ['IMAGE_PULL_DENIED', { podStatus: held('ImagePullBackOff', 'pull access denied, authorization failed') }],
  ['IMAGE_NOT_FOUND', { podStatus: held('ImagePullBackOff', 'shop/web:2: not found') }],
  ['COMMAND_CANNOT_RUN', { podStatus: held('RunContainerError', 'exec: "a": executable file not found') }],
  [
    'SECRET_MISSING',
    {
      spec: env({ secretKeyRef: { name: 'keys', key: 'a' } }),
      podStatus: held('CreateContainerConfigError', 'secret "keys" not found'),
    },
  ],
  ['CRASH_LOOP', { podStatus: { containerStatuses: [crashing({ exitCode: 1, reason: 'Error' })] } }],
  ['OUT_OF_MEMORY', { podStatus: { containerStatuses: [crashing({ exitCode: 137, reason: 'OOMKilled' })] } }],
  [
    'NODE_LABEL_MISSING',
    {
      spec: { nodeName: '', nodeSelector: { pool: 'gpu' } },
      pod: { creationTimestamp: ago(600) },
      podStatus: unplaced(''),
    },
  ],
  [
    'CLAIM_MISSING',
    { spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] }, podStatus: stuck },
  ],
  [
    'VOLUME_NOT_MOUNTED',
    {
      podStatus: stuck,
      more: [eventOf('FailedMount', 'MountVolume.SetUp failed for volume "data": refused')],
    },
  ],
  ['SANDBOX_FAILED', { podStatus: stuck, more: [eventOf('FailedCreatePodSandBox', 'no network')] }],
  ['SERVICE_ACCOUNT_MISSING', { spec: { serviceAccountName: 'runner' } }],
  ['PRIORITY_CLASS_MISSING', { spec: { priorityClassName: 'gold' } }],
  ['POD_REFUSED', { refused: 'admission webhook "a.b" denied the request: no' }],
  ['SCHEDULING_GATED', { spec: { schedulingGates: [{ name: 'a.b/c' }] }, podStatus: { phase: 'Pending' } }],
];

describe('a new revision that cannot run', () => {
  test.each(faults)('is a warning while the revision before serves all that is wanted: %s', (code, fault) => {
    expect(verdict(fault, 2)).toEqual([`${code} warning`]);
  });

  test.each(faults)('is critical where users have less than that: %s', (code, fault) => {
    expect(verdict(fault, 1)).toEqual([`${code} critical`]);
  });
});

describe('how many may be missing', () => {
  const severity = (object: JsonObject, { wanted, ready }: { wanted: number; ready: number }) =>
    harmTo({ object: objectOf(object), wanted, ready });

  test('is what a rollout of the workload may take away, and never all', () => {
    const deployment = workload('Deployment', 'web', { replicas: 8 });
    expect(severity(deployment, { wanted: 8, ready: 6 })).toBe('warning');
    expect(severity(deployment, { wanted: 8, ready: 5 })).toBe('critical');
    const daemons = workload('DaemonSet', 'agent');
    expect(severity(daemons, { wanted: 3, ready: 2 })).toBe('warning');
    expect(severity(daemons, { wanted: 3, ready: 1 })).toBe('critical');
    expect(severity(daemons, { wanted: 1, ready: 0 })).toBe('critical');
    expect(severity(workload('StatefulSet', 'db', { replicas: 3 }), { wanted: 3, ready: 2 })).toBe('warning');
  });

  test('is none where all are replaced at once, and of what no rollout replaces', () => {
    const replaced = workload('Deployment', 'web', { replicas: 8, spec: { strategy: { type: 'Recreate' } } });
    expect(severity(replaced, { wanted: 8, ready: 7 })).toBe('critical');
    expect(severity(workload('ReplicaSet', 'web', { replicas: 8 }), { wanted: 8, ready: 7 })).toBe(
      'critical',
    );
  });

  test('of several workloads the worst off counts', () => {
    const web = { object: objectOf(workload('Deployment', 'web')), wanted: 1 };
    expect(harmTo({ ...web, ready: 1 }, { ...web, ready: 0 })).toBe('critical');
    expect(harmTo({ ...web, ready: 1 }, { ...web, ready: 1 })).toBe('warning');
  });
});
