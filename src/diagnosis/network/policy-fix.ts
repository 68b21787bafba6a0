import type { Fix } from '../../core/finding.ts';
import { describeRef } from '../../core/ref.ts';
import { refOf } from '../../kubernetes/object.ts';
import { applyFix, patchFix } from '../fixes.ts';
import type { Blocked } from './blocked-paths.ts';
import { ownLabels } from './policy-peer.ts';

// A policy that needs more rules than that needs a person.
const mostRules = 3;
// A finding has 1,200 bytes at most.
const mostManifestChars = 500;
// What does not fit a line cannot name all that it opens.
const mostWordsChars = 200;

/**
 * A rule added where one nearly fits; else a policy beside this one, for the pods that need it alone. None for a client of
 * another namespace: that it asks to get in gives it no right to.
 */
export function openingFix(group: readonly Blocked[]): Fix[] {
  const [first] = group;
  if (first === undefined || group.length > mostRules) return [];
  const { policy, direction } = first;
  // Both ends need a policy of their own then.
  if (group.some(each => each.direction !== direction || each.peer === undefined)) return [];
  if (direction === 'Ingress' && group.some(({ from }) => from.namespace !== policy.metadata.namespace))
    return [];
  const opens = admits(group);
  if (opens.length > mostWordsChars) return [];
  const ref = refOf(policy);
  const [rules, peers] =
    direction === 'Egress' ? (['egress', 'to'] as const) : (['ingress', 'from'] as const);
  const near = group.every(({ verdict }) => verdict.peerRule !== undefined || verdict.portRule !== undefined);
  if (near) {
    const patch = group.flatMap(({ verdict, ports, peer = {} }) =>
      verdict.peerRule !== undefined
        ? ports.map(value => ({ op: 'add', path: `/spec/${rules}/${verdict.peerRule}/ports/-`, value }))
        : [{ op: 'add', path: `/spec/${rules}/${verdict.portRule}/${peers}/-`, value: peer }],
    );
    // Two that are kept from the same port lack one rule.
    const operations = [...new Map(patch.map(each => [JSON.stringify(each), each])).values()];
    return [patchFix(ref, { patch: operations, does: `${opens} by the rules of ${describeRef(ref)}` })];
  }
  const isolated = new Set(group.map(each => each.isolated));
  const [only] = isolated;
  const dnsOnly = group.every(({ isDns }) => isDns);
  if (only === undefined || (isolated.size > 1 && !dnsOnly)) return [];
  const name = dnsOnly
    ? 'allow-dns'
    : `allow-${direction === 'Egress' ? 'from' : 'to'}-${only.object.metadata.name}`;
  const manifest = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: name.slice(0, 63).replace(/[-.]+$/, ''), namespace: policy.metadata.namespace },
    spec: {
      podSelector: dnsOnly ? { ...policy.spec?.podSelector } : { matchLabels: ownLabels(only) },
      policyTypes: [direction],
      [rules]: (dnsOnly ? group.slice(0, 1) : group).map(({ peer = {}, ports }) => ({
        [peers]: [peer],
        ports,
      })),
    },
  };
  if (JSON.stringify(manifest).length > mostManifestChars) return [];
  return [applyFix(manifest, `${opens} by policy ${name}`)];
}

/** All that a fix opens, in words: `Let Deployment/web, Job/load through to Service/api port 80`. */
function admits(group: readonly Blocked[]): string {
  const clients = [...new Set(group.map(({ from: { object } }) => `${object.kind}/${object.metadata.name}`))];
  // Where the policy is, both ends are of one namespace as a rule.
  const places = group.map(({ to, policy }) => to.replace(` in ${policy.metadata.namespace ?? ''} `, ' '));
  return `Let ${clients.join(', ')} through to ${[...new Set(places)].join(', ')}`;
}
