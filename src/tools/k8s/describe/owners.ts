import { describeRef } from '../../../core/ref.ts';
import type { KubeObject } from '../../../kubernetes/object.ts';
import { controllerOf } from '../../../kubernetes/owners.ts';
import { inNamespaceOf, type Look } from './look.ts';

// Job, CronJob, an operator's object and one above it; more is a circle.
const mostOwners = 5;

/** `owned by: ReplicaSet/web-1, Deployment/web`: from the object up, as far as it can be followed. */
export async function ownerLines(object: KubeObject, look: Look): Promise<string[]> {
  const chain: string[] = [];
  let current = object;
  while (chain.length < mostOwners) {
    const owner = controllerOf(current) ?? current.metadata.ownerReferences?.[0];
    if (owner === undefined) break;
    const { kind, name, apiVersion, uid } = owner;
    const found = await look.find({ kind, name, apiVersion, ...inNamespaceOf(current) });
    const gone = found === undefined || (found !== 'unread' && found.metadata.uid !== uid);
    chain.push(`${describeRef({ kind, name })}${gone ? ' (which is GONE)' : ''}`);
    if (found === undefined || found === 'unread' || gone) break;
    current = found;
  }
  return chain.length === 0 ? [] : [`owned by: ${chain.join(', ')}`];
}
