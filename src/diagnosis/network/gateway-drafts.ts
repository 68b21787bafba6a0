import type { Fix } from '../../core/finding.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { isDeleting } from '../../kubernetes/owners.ts';
import type { Draft } from '../analyzer.ts';
import { patchFix } from '../fixes.ts';
import { replaceAt } from '../json-pointer.ts';
import type { Snapshot } from '../snapshot.ts';

export const gatewayGroup = 'gateway.networking.k8s.io';
export const routeKinds = ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute'];

/** All routes that are to stay. */
export function routesOf(snapshot: Snapshot): KubeObject[] {
  return routeKinds
    .flatMap(kind => snapshot.list(kind))
    .filter(each => each.apiVersion.startsWith(`${gatewayGroup}/`) && !isDeleting(each));
}

/** What is wrong with a route, for certain; the question stands only where nothing heals it. */
export function routeDraft<Code extends string>(
  route: KubeObject,
  {
    fixes,
    question,
    ...facts
  }: { code: Code; summary: string; evidence: string[]; fixes: Fix[]; question: string },
): Draft<Code> {
  return {
    severity: 'critical',
    object: refOf(route),
    ...facts,
    confidence: 'certain',
    fixes,
    ...(fixes.length === 0 ? { question } : {}),
    depth: 2,
  };
}

/** Another value in a field that a route has. */
export function routeFix(
  route: KubeObject,
  { at, value, does }: { at: string; value: string | number; does: string },
): Fix {
  return patchFix(refOf(route), { patch: [replaceAt(at, value)], does });
}
