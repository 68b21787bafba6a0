import { describe, expect, test } from 'vitest';
import { healthOf } from '../../src/kubernetes/health.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import { type NeighbourKind, surroundingsOf, tellingOf } from '../../src/kubernetes/surroundings.ts';

function object(kind: string, name: string, more: Record<string, unknown> = {}): KubeObject {
  const versions: Record<string, string> = {
    Deployment: 'apps/v1',
    ReplicaSet: 'apps/v1',
    Ingress: 'networking.k8s.io/v1',
    EndpointSlice: 'discovery.k8s.io/v1',
  };
  const { owner, ...rest } = more;
  const ownerReferences = typeof owner === 'string' ? [{ uid: owner, controller: true }] : [];
  const metadata = { name, namespace: 'shop', uid: `uid-${name}`, ownerReferences };
  return { apiVersion: versions[kind] ?? 'v1', kind, metadata, ...rest } as unknown as KubeObject;
}

const nothing: ReadonlySet<NeighbourKind> = new Set();
const web = object('Deployment', 'web', { spec: { selector: { matchLabels: { app: 'web' } } } });
const own = object('ReplicaSet', 'web-1', { owner: 'uid-web' });
const pod = object('Pod', 'web-1-a', { owner: 'uid-web-1' });
const foreign = object('Pod', 'stray', { owner: 'uid-other' });

const backend = (name: string) => ({ path: `/${name}`, backend: { service: { name } } });
const front = object('Ingress', 'front', {
  spec: { rules: [{ http: { paths: [backend('web'), backend('gone')] } }] },
  status: { loadBalancer: { ingress: [{ ip: '10.0.0.9' }] } },
});
const service = object('Service', 'web', { spec: { selector: { app: 'web' } } });

describe('what tells of an object', () => {
  test('are of all pods with its labels its own', () => {
    const found = [pod, foreign, own];
    expect(tellingOf(web, { found, unseen: nothing })).toEqual([pod, own]);
  });

  test('are all pods with its labels where its replica sets may not be seen', () => {
    const found = [pod, foreign];
    expect(tellingOf(web, { found, unseen: new Set(['ReplicaSet'] as const) })).toEqual(found);
  });

  test('of an Ingress, are its services, and that one of them is missing', () => {
    const related = tellingOf(front, { found: [service], unseen: nothing });
    expect(healthOf(front, related).reason).toContain('Service/web, which has no endpoints');
  });

  test('of an Ingress whose endpoints may not be seen, claim nothing of them', () => {
    const related = tellingOf(front, { found: [service], unseen: new Set(['EndpointSlice'] as const) });
    expect(healthOf(front, related)).toMatchObject({ state: 'healthy', reason: 'reached at 10.0.0.9' });
  });

  test('are read of the first ten services of an Ingress, each once', () => {
    const names = Array.from({ length: 12 }, (_, index) => `s${index}`);
    const many = object('Ingress', 'many', {
      spec: { rules: [{ http: { paths: [...names, ...names].map(backend) } }] },
    });
    const { neighbours, left } = surroundingsOf(many);
    expect(neighbours.filter(each => each.kind === 'Service')).toHaveLength(10);
    expect(left).toBe(2);
  });
});
