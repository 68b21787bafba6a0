import { describe, expect, test } from 'vitest';
import { stuckDeletionsAnalyzer } from '../../../../src/diagnosis/analyzers/workloads/stuck-deletions.ts';
import { diagnose } from '../../../../src/diagnosis/diagnose.ts';
import type { KubeObject } from '../../../../src/kubernetes/object.ts';
import { ago, brokenWeb, eventOf, object, snapshotWith } from '../../../support/broken-workload.ts';

const drafts = (...objects: KubeObject[]) => stuckDeletionsAnalyzer.analyze(snapshotWith(objects));
const codes = (...objects: KubeObject[]) =>
  drafts(...objects).map(({ code, object: { kind, name } }) => `${code} ${kind}/${name}`);

const pod = (seconds: number, finalizers?: string[]) =>
  object('v1', 'Pod', {
    metadata: {
      name: 'web',
      namespace: 'shop',
      deletionTimestamp: ago(seconds),
      deletionGracePeriodSeconds: 30,
      ...(finalizers === undefined ? {} : { finalizers }),
    },
    spec: { nodeName: 'n1', containers: [{ name: 'main' }] },
    status: { phase: 'Running' },
  });
const claim = (seconds: number, ...finalizers: string[]) =>
  object('v1', 'PersistentVolumeClaim', {
    metadata: { name: 'data', namespace: 'shop', deletionTimestamp: ago(seconds), finalizers },
    spec: {},
    status: { phase: 'Bound' },
  });

describe('pods', () => {
  test('one that its node does not end is told with the node', () => {
    expect(codes(pod(600))).toEqual(['POD_STAYS Pod/web']);
    expect(drafts(pod(600))[0]).toMatchObject({
      summary: expect.stringContaining('n1 does not exist any more'),
      dependsOn: [{ kind: 'Node', name: 'n1' }],
    });
    const node = object('v1', 'Node', {
      metadata: { name: 'n1' },
      status: { conditions: [{ type: 'Ready', status: 'Unknown' }] },
    });
    expect(drafts(pod(600), node)[0]?.summary).toContain('n1 is not ready');
  });

  test('within its grace, just after it, and with a clock that is ahead it is on its way', () => {
    expect(codes(pod(-20), pod(60))).toEqual([]);
    expect(codes(pod(30, ['acme.dev/x']))).toEqual([]);
    const odd = object('v1', 'Pod', {
      metadata: { name: 'odd', deletionTimestamp: 'yesterday', finalizers: ['a/b'] },
      spec: { containers: [] },
    });
    expect(codes(odd)).toEqual([]);
  });

  test('one that a finalizer holds names it and whose it is', () => {
    expect(drafts(pod(90, ['acme.dev/drain']))).toMatchObject([
      {
        code: 'FINALIZER_HOLDS',
        cause: 'acme.dev/drain is taken away by the controller of acme.dev, if it runs',
        fixes: [],
      },
    ]);
  });

  test('pods of one workload are told of the workload, with what the kubelet says', () => {
    const web = brokenWeb({}, { pod: { deletionTimestamp: ago(900) }, podStatus: {} });
    const said = eventOf(
      'FailedKillPod',
      'error killing pod: failed to "KillContainer": context deadline exceeded',
    );
    expect(drafts(...web, said)).toMatchObject([
      {
        object: { kind: 'Deployment', name: 'web' },
        evidence: expect.arrayContaining([expect.stringContaining('FailedKillPod')]),
      },
    ]);
  });
});

describe('objects', () => {
  test('a claim that is used waits for its users, one that is not is held', () => {
    const used = brokenWeb({ volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] });
    expect(codes(claim(900, 'kubernetes.io/pvc-protection'), ...used)).toEqual([
      'CLAIM_IN_USE PersistentVolumeClaim/data',
    ]);
    expect(codes(claim(900, 'acme.dev/backup'))).toEqual(['FINALIZER_HOLDS PersistentVolumeClaim/data']);
    expect(codes(claim(120, 'acme.dev/backup'))).toEqual([]);
  });
});

describe('namespaces', () => {
  const going = (conditions: object[], seconds = 900) =>
    object('v1', 'Namespace', {
      metadata: { name: 'shop', deletionTimestamp: ago(seconds) },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Terminating', conditions },
    });
  const left = {
    type: 'NamespaceFinalizersRemaining',
    status: 'True',
    message:
      'Some content in the namespace has finalizers remaining: acme.dev/cleanup in 2 resource instances',
  };

  test('one that does not go tells what is left', () => {
    expect(drafts(going([left]))).toMatchObject([
      {
        code: 'NAMESPACE_STAYS',
        evidence: [expect.any(String), expect.stringContaining('acme.dev/cleanup')],
      },
    ]);
    expect(codes(going([left], 60))).toEqual([]);
  });

  test('what a finalizer holds in it explains it', () => {
    const { findings } = diagnose(snapshotWith([going([left]), claim(900, 'acme.dev/backup')]));
    expect(findings.map(({ code }) => code)).toEqual(['FINALIZER_HOLDS']);
  });

  test('a part of the API that is down explains it', () => {
    const discovery = {
      type: 'NamespaceDeletionDiscoveryFailure',
      status: 'True',
      message: 'Discovery failed for some groups',
    };
    const api = object('apiregistration.k8s.io/v1', 'APIService', {
      metadata: { name: 'v1beta1.metrics.k8s.io' },
      spec: {},
      status: { conditions: [{ type: 'Available', status: 'False' }] },
    });
    expect(drafts(going([discovery]), api)[0]?.dependsOn).toMatchObject([
      { kind: 'APIService', name: 'v1beta1.metrics.k8s.io' },
    ]);
  });
});

test('beside a protection that the cluster takes away by itself, the other finalizer is the one that holds', () => {
  expect(drafts(claim(600, 'kubernetes.io/pvc-protection', 'acme.dev/snapshot'))).toMatchObject([
    {
      summary: 'its deletion does not end: finalizer acme.dev/snapshot and 1 more hold it',
      question: 'Does whoever owns acme.dev/snapshot run, and what keeps it from its work?',
    },
  ]);
});
