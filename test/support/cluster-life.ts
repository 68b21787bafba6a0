import type { Pod } from '../../src/kubernetes/kinds/pod.ts';
import type { Deployment } from '../../src/kubernetes/kinds/workloads.ts';
import { ofKind } from '../../src/kubernetes/kinds.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import { controllers } from '../../src/sandbox/controllers/index.ts';
import { Rehearsal } from '../../src/sandbox/rehearsal.ts';
import { parseWorld } from '../../src/sandbox/world.ts';

export const startMs = Date.parse('2026-03-02T08:00:00Z');
const second = 1_000;

/** Long enough for everything that these tests start to finish. */
export const longMs = 30 * 60 * second;

const plainWorld = parseWorld(
  `
cluster:
  serverVersion: v1.36.2
  ageDays: 5
  nodes: [{name: n1, ip: 10.0.0.1, podSubnet: 10.42.0}]
images:
  - {match: slow, startSeconds: 20}
  - {match: long, runSeconds: 600}
missing: ['shop/gone:*']
objects: []
`,
  'plain',
);

function nodeObject(name: string, index: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name } },
    spec: { podCIDR: `10.42.${index}.0/24` },
    status: {
      allocatable: { cpu: '4', memory: '8Gi', pods: '110' },
      conditions: [{ type: 'Ready', status: 'True' }],
      addresses: [{ type: 'InternalIP', address: `10.0.0.${index + 1}` }],
    },
  };
}

/** A cluster of three nodes in memory with the product's own controllers, at a virtual time. */
export function startLife(objects: readonly KubeObject[] = []): Rehearsal {
  const life = new Rehearsal(plainWorld, { controllers, nowMs: startMs });
  for (const [index, name] of ['n1', 'n2', 'n3'].entries())
    life.apply({ do: 'create', object: nodeObject(name, index) });
  for (const name of ['default', 'shop']) {
    life.apply({
      do: 'create',
      object: {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name },
        spec: { finalizers: ['kubernetes'] },
        status: { phase: 'Active' },
      },
    });
  }
  for (const object of objects) life.apply({ do: 'create', object });
  life.playUntil(life.nowMs + longMs);
  return life;
}

export function deployment(
  name: string,
  more: { image?: string; replicas?: number; spec?: object } = {},
): KubeObject {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: {
      replicas: more.replicas ?? 3,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name, image: more.image ?? 'shop/web:1' }] } },
      ...more.spec,
    },
  };
}

export function podsOf(life: Rehearsal): Pod[] {
  return ofKind(life.list('Pod'), 'Pod');
}

export function theDeployment(life: Rehearsal): Deployment {
  const [found] = ofKind(life.list('Deployment'), 'Deployment');
  if (found === undefined) throw new Error('the cluster has no deployment');
  return found;
}

/** Changes the image of the one container of the cluster's deployment, as a person would. */
export function setImage(life: Rehearsal, image: string): void {
  const before = theDeployment(life);
  const containers = before.spec.template.spec.containers.map(container => ({ ...container, image }));
  const template = { ...before.spec.template, spec: { ...before.spec.template.spec, containers } };
  life.apply({ do: 'update', object: { ...before, spec: { ...before.spec, template } } });
}

export function setReplicas(life: Rehearsal, replicas: number): void {
  const before = theDeployment(life);
  life.apply({ do: 'update', object: { ...before, spec: { ...before.spec, replicas } } });
}

export function settleFor(life: Rehearsal, ms: number): void {
  life.playUntil(life.nowMs + ms);
}

/** Deletes an object as a person would, by kind and name in namespace shop. */
export function remove(
  life: Rehearsal,
  target: { kind: string; name: string; propagation?: 'Background' | 'Orphan' | 'Foreground' },
): void {
  const found = life.list(target.kind).find(object => object.metadata.name === target.name);
  if (found === undefined) throw new Error(`no ${target.kind}/${target.name}`);
  const { namespace, uid = '' } = found.metadata;
  life.apply({
    do: 'delete',
    target: { kind: target.kind, name: target.name, ...(namespace === undefined ? {} : { namespace }) },
    uid,
    ...(target.propagation === undefined ? {} : { propagation: target.propagation }),
  });
}
