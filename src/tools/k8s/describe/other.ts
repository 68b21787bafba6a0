import { objectsIn, textIn } from '../../../core/json.ts';
import type { KnownKind } from '../../../kubernetes/kinds.ts';
import type { KubeObject } from '../../../kubernetes/object.ts';
import { inNamespaceOf, type Look } from './look.ts';

// What operators usually make for an object of theirs; every kind of a cluster would be a question each.
const usuallyOwned: readonly KnownKind[] = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'Pod',
  'Service',
  'ConfigMap',
  'Secret',
  'PersistentVolumeClaim',
];
const conditionsNamed = 10;

/** Any other kind: its conditions, and what it owns among the usual kinds. */
export async function describeOther(object: KubeObject, look: Look): Promise<string[]> {
  return [...conditionLines(object, look), ...(await ownedLines(object, look))];
}

function conditionLines({ status }: KubeObject, look: Look): string[] {
  const conditions = objectsIn(status?.['conditions']);
  return conditions.slice(0, conditionsNamed).map(({ type, status: state, reason, message }) => {
    const why = [reason, message].map(each => textIn(each)).filter(each => each !== '');
    return look.say(`${textIn(type)}=${textIn(state)}${why.length === 0 ? '' : `: ${why.join(': ')}`}`);
  });
}

async function ownedLines(object: KubeObject, look: Look): Promise<string[]> {
  // Kinds of Kubernetes itself that own something have a describer of their own.
  if (!object.apiVersion.includes('.') || object.apiVersion.includes('k8s.io/')) return [];
  if (object.metadata.namespace === undefined) return [];
  const owned: string[] = [];
  for (const kind of usuallyOwned) {
    const objects = await look.list(kind, { ...inNamespaceOf(object), metadataOnly: true });
    const own = (objects ?? []).filter(each =>
      each.metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.uid),
    );
    const [first] = own;
    if (first !== undefined)
      owned.push(own.length === 1 ? `${kind}/${first.metadata.name}` : `${own.length} ${kind}`);
  }
  return [`owns: ${owned.length === 0 ? 'nothing of the usual kinds' : owned.join(', ')}`];
}
