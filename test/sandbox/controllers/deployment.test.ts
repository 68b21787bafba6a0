import { expect, test } from 'vitest';
import { ofKind } from '../../../src/kubernetes/kinds.ts';
import { isActive, isReady } from '../../../src/kubernetes/pod-readiness.ts';
import { summarizePod } from '../../../src/kubernetes/pod-summary.ts';
import { leewayOf } from '../../../src/kubernetes/rolling-update.ts';
import {
  deployment,
  longMs,
  podsOf,
  remove,
  setImage,
  setReplicas,
  settleFor,
  startLife,
  startMs,
  theDeployment,
} from '../../support/cluster-life.ts';
import { fc } from '../../support/properties.ts';

function progressing(life: Parameters<typeof theDeployment>[0]) {
  return theDeployment(life).status?.conditions?.find(condition => condition.type === 'Progressing');
}

test('a new deployment gets its pods, and they become ready on the nodes in turn', () => {
  const life = startLife([deployment('web')]);
  const pods = podsOf(life);
  expect(pods).toHaveLength(3);
  expect(pods.map(pod => pod.spec.nodeName ?? '').sort()).toEqual(['n1', 'n2', 'n3']);
  expect(new Set(pods.map(pod => pod.status?.podIP)).size).toBe(3);
  expect(theDeployment(life).status).toMatchObject({
    observedGeneration: 1,
    replicas: 3,
    updatedReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
  });
  expect(progressing(life)).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
  expect(theDeployment(life).metadata.annotations).toMatchObject({
    'deployment.kubernetes.io/revision': '1',
  });
});

test('a cluster at rest asks for nothing, whenever it is asked', () => {
  const life = startLife([deployment('web')]);
  const before = life.all();
  expect(life.settle()).toBeUndefined();
  settleFor(life, 48 * 3600 * 1000);
  expect(life.all()).toEqual(before);
});

test('a new image replaces every pod and keeps the old set for the way back', () => {
  const life = startLife([deployment('web')]);
  const oldNames = podsOf(life).map(pod => pod.metadata.name);
  setImage(life, 'shop/web:2');
  settleFor(life, longMs);
  const pods = podsOf(life);
  expect(pods.map(pod => pod.spec.containers[0]?.image)).toEqual(['shop/web:2', 'shop/web:2', 'shop/web:2']);
  expect(pods.filter(pod => oldNames.includes(pod.metadata.name))).toEqual([]);
  const sets = ofKind(life.list('ReplicaSet'), 'ReplicaSet');
  expect(
    sets
      .map(set => `${set.metadata.annotations?.['deployment.kubernetes.io/revision']}: ${set.spec.replicas}`)
      .sort(),
  ).toEqual(['1: 0', '2: 3']);
});

test('going back to the first image takes its replica set up again as the newest revision', () => {
  const life = startLife([deployment('web')]);
  setImage(life, 'shop/web:2');
  settleFor(life, longMs);
  setImage(life, 'shop/web:1');
  settleFor(life, longMs);
  const sets = ofKind(life.list('ReplicaSet'), 'ReplicaSet');
  expect(sets).toHaveLength(2);
  const active = sets.find(set => set.spec.replicas === 3);
  expect(active?.spec.template.spec.containers[0]?.image).toBe('shop/web:1');
  expect(active?.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
  expect(theDeployment(life).metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
});

test('an image that no registry has stalls the rollout with the old pods serving, and a good one heals it', () => {
  const life = startLife([deployment('web', { replicas: 4 })]);
  setImage(life, 'shop/gone:7');
  settleFor(life, 60_000);
  const stuck = podsOf(life).filter(pod => pod.spec.containers[0]?.image === 'shop/gone:7');
  expect(stuck.length).toBeGreaterThan(0);
  expect(stuck.map(pod => summarizePod(pod).status)).toEqual(stuck.map(() => 'ImagePullBackOff'));
  expect(podsOf(life).filter(isReady)).toHaveLength(3);
  expect(progressing(life)).toMatchObject({ status: 'True', reason: 'ReplicaSetUpdated' });
  const failures = ofKind(life.list('Event'), 'Event').filter(event => event.reason === 'Failed');
  expect(failures.map(event => event.message)).toContain('Error: ImagePullBackOff');

  settleFor(life, 11 * 60_000);
  expect(progressing(life)).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });

  setImage(life, 'shop/web:3');
  settleFor(life, longMs);
  expect(podsOf(life).map(pod => [pod.spec.containers[0]?.image, isReady(pod)])).toEqual(
    Array.from({ length: 4 }, () => ['shop/web:3', true]),
  );
  expect(progressing(life)).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
});

test('scaling up and down changes the pods without a new revision', () => {
  const life = startLife([deployment('web')]);
  setReplicas(life, 6);
  settleFor(life, longMs);
  expect(podsOf(life).filter(isReady)).toHaveLength(6);
  setReplicas(life, 1);
  settleFor(life, longMs);
  expect(podsOf(life)).toHaveLength(1);
  expect(ofKind(life.list('ReplicaSet'), 'ReplicaSet')).toHaveLength(1);
  expect(theDeployment(life).status).toMatchObject({ replicas: 1, availableReplicas: 1 });
  setReplicas(life, 0);
  settleFor(life, longMs);
  expect(podsOf(life)).toEqual([]);
  expect(theDeployment(life).status?.replicas).toBeUndefined();
});

test('a paused deployment follows a new size but not a new template', () => {
  const life = startLife([deployment('web', { spec: { paused: false } })]);
  const before = theDeployment(life);
  life.apply({ do: 'update', object: { ...before, spec: { ...before.spec, paused: true } } });
  setImage(life, 'shop/web:2');
  setReplicas(life, 5);
  settleFor(life, longMs);
  expect(podsOf(life).map(pod => pod.spec.containers[0]?.image)).toEqual(
    Array.from({ length: 5 }, () => 'shop/web:1'),
  );
  expect(progressing(life)).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused' });
  const paused = theDeployment(life);
  life.apply({ do: 'update', object: { ...paused, spec: { ...paused.spec, paused: false } } });
  settleFor(life, longMs);
  expect(podsOf(life).map(pod => pod.spec.containers[0]?.image)).toEqual(
    Array.from({ length: 5 }, () => 'shop/web:2'),
  );
});

test('Recreate starts no new pod before the last old one is gone', () => {
  const life = startLife([deployment('web', { spec: { strategy: { type: 'Recreate' } } })]);
  setImage(life, 'shop/web:2');
  watchSteps(life, () => {
    const images = new Set(podsOf(life).map(pod => pod.spec.containers[0]?.image));
    expect(images.size).toBeLessThanOrEqual(1);
  });
  expect(podsOf(life).map(pod => pod.spec.containers[0]?.image)).toEqual([
    'shop/web:2',
    'shop/web:2',
    'shop/web:2',
  ]);
});

test('the history limit forgets the oldest empty replica sets', () => {
  const life = startLife([deployment('web', { spec: { revisionHistoryLimit: 2 } })]);
  for (let version = 2; version <= 6; version++) {
    setImage(life, `shop/web:${version}`);
    settleFor(life, longMs);
  }
  const revisions = life
    .list('ReplicaSet')
    .map(set => set.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? '');
  expect(revisions.sort()).toEqual(['4', '5', '6']);
});

test('a deleted pod is replaced by one of another name', () => {
  const life = startLife([deployment('web')]);
  const victim = podsOf(life)[0]?.metadata.name ?? '';
  remove(life, { kind: 'Pod', name: victim });
  settleFor(life, longMs);
  expect(podsOf(life)).toHaveLength(3);
  expect(podsOf(life).map(pod => pod.metadata.name)).not.toContain(victim);
});

test('deleting a deployment takes its replica sets and pods along', () => {
  const life = startLife([deployment('web')]);
  remove(life, { kind: 'Deployment', name: 'web', propagation: 'Background' });
  settleFor(life, longMs);
  expect([...life.list('ReplicaSet'), ...life.list('Pod')]).toEqual([]);
});

test('a foreground deletion keeps the owner until its dependents are gone', () => {
  const life = startLife([deployment('web')]);
  remove(life, { kind: 'Deployment', name: 'web', propagation: 'Foreground' });
  life.settle();
  expect(theDeployment(life).metadata.finalizers).toEqual(['foregroundDeletion']);
  settleFor(life, longMs);
  expect([...life.list('Deployment'), ...life.list('ReplicaSet'), ...life.list('Pod')]).toEqual([]);
});

test('an orphaning deletion leaves pods and replica set running, and a new deployment takes them over', () => {
  const life = startLife([deployment('web')]);
  const names = podsOf(life).map(pod => pod.metadata.name);
  remove(life, { kind: 'Deployment', name: 'web', propagation: 'Orphan' });
  settleFor(life, longMs);
  expect(life.list('Deployment')).toEqual([]);
  expect(life.list('ReplicaSet')[0]?.metadata.ownerReferences).toBeUndefined();
  life.apply({ do: 'create', object: deployment('web') });
  settleFor(life, longMs);
  expect(podsOf(life).map(pod => pod.metadata.name)).toEqual(names);
  expect(life.list('ReplicaSet')).toHaveLength(1);
});

/** Lets time pass from one moment of work to the next, looking after each. */
function watchSteps(life: ReturnType<typeof startLife>, look: () => void): void {
  for (let step = 0; step < 500; step++) {
    const wakeAt = life.settle();
    look();
    if (wakeAt === undefined) return;
    life.nowMs = wakeAt;
  }
  throw new Error('the rollout does not end');
}

test('at no step does a rollout leave its surge and unavailable bounds, and it always ends', () => {
  const bound = fc.oneof(
    fc.nat(4),
    fc.nat(100).map(percent => `${percent}%`),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 9 }),
      bound,
      bound,
      fc.boolean(),
      (replicas, maxSurge, maxUnavailable, slow) => {
        const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } };
        const life = startLife([deployment('web', { replicas, spec: { strategy } })]);
        const { surge, unavailable } = leewayOf(theDeployment(life));
        setImage(life, slow ? 'slow:2' : 'shop/web:2');
        watchSteps(life, () => {
          const active = podsOf(life).filter(isActive);
          expect(active.length).toBeLessThanOrEqual(replicas + surge);
          expect(active.filter(isReady).length).toBeGreaterThanOrEqual(replicas - unavailable);
        });
        expect(
          podsOf(life).filter(pod => isReady(pod) && pod.spec.containers[0]?.image?.endsWith(':2')),
        ).toHaveLength(replicas);
        expect(podsOf(life)).toHaveLength(replicas);
      },
    ),
    { numRuns: 25 },
  );
});

test('the same life played twice gives every object the same name', () => {
  const names = () =>
    startLife([deployment('web')])
      .all()
      .map(object => `${object.kind}/${object.metadata.name}`);
  expect(names()).toEqual(names());
  expect(startMs).toBeLessThan(startLife().nowMs);
});
