import { expect, test } from 'vitest';
import { driftAnalyzer } from '../../../../src/diagnosis/analyzers/cluster/drift.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';

const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };

function change(id: string, changedSince: readonly string[], targets = [web]) {
  return {
    id,
    tool: 'k8s_scale',
    summary: 'Scale Deployment/web to 5',
    startedAt: '2026-11-21T09:59:50Z',
    finishedAt: '2026-11-21T10:00:00Z',
    targets,
    changedSince,
  };
}

test('what others wrote after a change of Vigie is told of the object', () => {
  const snapshot = snapshotOf('', {
    changes: [change('c1', ['kubectl-edit wrote at 2026-11-21T11:00:00Z'])],
  });
  expect(driftAnalyzer.analyze(snapshot)).toMatchObject([
    {
      code: 'CHANGED_SINCE',
      severity: 'warning',
      object: web,
      summary: 'others changed it after k8s_scale (Scale Deployment/web to 5)',
      evidence: [
        'since then, 1: kubectl-edit wrote at 2026-11-21T11:00:00Z',
        'change c1 finished: 2026-11-21T10:00:00Z',
      ],
    },
  ]);
});

test('a change that stands, and one that a later change of Vigie followed, are no drift', () => {
  const changes = [change('c2', []), change('c1', ['vigie wrote'])];
  expect(driftAnalyzer.analyze(snapshotOf('', { changes }))).toEqual([]);
});

test.each([
  ['PersistentVolume/disk: also changed since by kube-controller-manager at 2026-11-21T11:00:00Z', 0],
  ['Deployment/web in shop: also changed since by kubelet at 10:00, kubectl-edit (scale) at 11:00', 1],
  ['Deployment/web in shop: gone since', 1],
  ['what others wrote since was not looked at: TIMEOUT', 0],
])('%s: %i finding', (line, count) => {
  expect(driftAnalyzer.analyze(snapshotOf('', { changes: [change('c1', [line])] }))).toHaveLength(count);
});

test('a pod that was deleted and made again by its controller did not drift', () => {
  const pod = { kind: 'Pod', name: 'web-0', namespace: 'shop' };
  const again = change('c1', ['Pod/web-0 in shop: made again since, at 2026-11-21T11:00:00Z'], [pod]);
  expect(driftAnalyzer.analyze(snapshotOf('', { changes: [again] }))).toEqual([]);
});
