import { expect, test } from 'vitest';
import { healthOf } from '../../src/kubernetes/health.ts';
import { ofKind } from '../../src/kubernetes/kinds.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import { summarizePod } from '../../src/kubernetes/pod-summary.ts';
import { controllers } from '../../src/sandbox/controllers/index.ts';
import { populate } from '../../src/sandbox/populate.ts';
import { Rehearsal } from '../../src/sandbox/rehearsal.ts';
import { loadWorld } from '../../src/sandbox/world.ts';

const nowMs = Date.parse('2026-03-02T08:10:00.250Z');
const world = await loadWorld('shop');
const shop = populate(world, nowMs);

test('the shop runs about fifteen workloads with their services, everything healthy', () => {
  const workloads = shop.filter(object =>
    ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'].includes(object.kind),
  );
  expect(workloads.length).toBeGreaterThanOrEqual(15);
  const unwell = shop
    .filter(object => healthOf(object, shop).state !== 'healthy')
    .map(object => object.metadata.name);
  expect(unwell).toEqual([]);
  expect(shop.filter(object => object.kind === 'Service').length).toBeGreaterThanOrEqual(12);
});

test('everything is some days old, and pods here and there have been restarted', () => {
  for (const object of shop) expect(Date.parse(object.metadata.creationTimestamp ?? '')).toBeLessThan(nowMs);
  const pods = ofKind(shop, 'Pod');
  const restarted = pods.filter(pod => summarizePod(pod).restarts > 0);
  expect(restarted.length).toBeGreaterThan(0);
  expect(restarted.length).toBeLessThan(pods.length / 2);
  for (const pod of restarted) expect(summarizePod(pod).lastRestartMs).toBeLessThan(nowMs);
});

test('deployments with a past have the replica sets to go back to', () => {
  const sets = ofKind(shop, 'ReplicaSet').filter(set => set.metadata.ownerReferences?.[0]?.name === 'api');
  const images = sets.map(set => `${set.spec.replicas} × ${set.spec.template.spec.containers[0]?.image}`);
  expect(images.toSorted()).toEqual(['0 × acme/api:1.14.2', '0 × acme/api:1.14.3', '4 × acme/api:1.15.0']);
});

test('some objects belong to Helm and to Argo CD, secrets are stored encoded', () => {
  const deployments = ofKind(shop, 'Deployment');
  expect(
    deployments.filter(each => each.metadata.annotations?.['meta.helm.sh/release-name'] !== undefined),
  ).not.toEqual([]);
  expect(
    deployments.filter(each => each.metadata.annotations?.['argocd.argoproj.io/tracking-id'] !== undefined),
  ).not.toEqual([]);
  const managers = deployments.flatMap(
    each => each.metadata.managedFields?.map(entry => entry['manager']) ?? [],
  );
  expect(new Set(managers)).toEqual(new Set(['helm', 'argocd-controller', 'kubectl-create']));
  for (const secret of ofKind(shop, 'Secret')) {
    expect(secret['stringData']).toBeUndefined();
    for (const value of Object.values(secret.data ?? {}))
      expect(Buffer.from(value, 'base64').toString()).toMatch(/demo|shop/);
  }
});

test('the last run of a cron job lies where its schedule puts it', () => {
  const [cronJob] = ofKind(shop, 'CronJob');
  expect(cronJob?.status?.lastScheduleTime).toBe('2026-03-02T08:00:00Z');
  const [job] = ofKind(shop, 'Job');
  expect(job?.metadata.name).toBe(`sales-report-${Date.parse('2026-03-02T08:00:00Z') / 60_000}`);
  expect(job?.status?.succeeded).toBe(1);
});

test('the controllers leave a fresh cluster alone', () => {
  const life = new Rehearsal(world, { controllers, nowMs });
  for (const object of shop) life.apply({ do: 'create', object });
  // But for what an autoscaler measures, which is never twice the same.
  const still = () => life.all().filter(object => object.kind !== 'HorizontalPodAutoscaler');
  const before = still();
  expect(life.settle()).toBeGreaterThan(nowMs);
  expect(still()).toEqual(before);
});

test('a world has the same names and uids whenever it is loaded', () => {
  const names = (objects: readonly KubeObject[]) =>
    objects
      .filter(
        object => !/^(Job|Event)$/.test(object.kind) && object.metadata.ownerReferences?.[0]?.kind !== 'Job',
      )
      .map(object => `${object.kind}/${object.metadata.name}/${object.metadata.uid}`)
      .toSorted();
  expect(names(populate(world, nowMs + 5 * 24 * 3_600_000 + 777))).toEqual(names(shop));
});

test('kube-system has no uid, for it becomes the identity of one cluster', () => {
  const system = shop.find(object => object.kind === 'Namespace' && object.metadata.name === 'kube-system');
  expect(system?.metadata.uid).toBeUndefined();
  expect(shop.filter(object => object.metadata.uid === undefined)).toHaveLength(1);
});
