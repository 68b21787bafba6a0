import type { Ingress, IngressClass } from '../../kubernetes/kinds/network.ts';
import type { PodSet } from '../pod-sets.ts';
import type { Snapshot } from '../snapshot.ts';

const classAnnotation = 'kubernetes.io/ingress.class';
const defaultAnnotation = 'ingressclass.kubernetes.io/is-default-class';

/** What the controllers that run in pods are called, by a word of the controller's name in its class. */
const programs: readonly { word: string; names: readonly string[] }[] = [
  { word: 'traefik', names: ['traefik'] },
  { word: 'ingress-nginx', names: ['ingress-nginx', 'ingress-nginx-controller'] },
  { word: 'nginx.org', names: ['nginx-ingress', 'nginx-ingress-controller'] },
  { word: 'haproxy', names: ['haproxy-ingress', 'kubernetes-ingress', 'haproxy'] },
  { word: 'projectcontour', names: ['contour', 'envoy'] },
  { word: 'konghq', names: ['kong', 'ingress-kong'] },
];

/** The class that an Ingress names, by its field or by the annotation that was there before it. */
export function classNameOf({ spec, metadata }: Ingress): string | undefined {
  const { ingressClassName } = { ...spec };
  return ingressClassName ?? metadata.annotations?.[classAnnotation];
}

/** The classes that Ingresses without one get. */
export function defaultClasses(snapshot: Snapshot): readonly IngressClass[] {
  return snapshot
    .of('IngressClass')
    .filter(({ metadata }) => metadata.annotations?.[defaultAnnotation] === 'true');
}

/** The class of an Ingress, its own or the cluster's; undefined: there is none. */
function classOf(ingress: Ingress, snapshot: Snapshot): IngressClass | undefined {
  const name = classNameOf(ingress);
  return name === undefined ? defaultClasses(snapshot)[0] : snapshot.find('IngressClass', { name });
}

/** The workloads that serve an Ingress; none where its controller is not known, or runs outside the cluster. */
export function controllersOf(ingress: Ingress, snapshot: Snapshot): readonly PodSet[] {
  const found = classOf(ingress, snapshot);
  return found === undefined ? [] : setsOfClass(found, snapshot);
}

// A cluster has thousands of ingresses of one class.
const setsIn = new WeakMap<Snapshot, Map<IngressClass, readonly PodSet[]>>();

/** The workloads of a class's controller, as far as their labels tell. */
export function setsOfClass(ingressClass: IngressClass, snapshot: Snapshot): readonly PodSet[] {
  const known = setsIn.get(snapshot) ?? new Map<IngressClass, readonly PodSet[]>();
  setsIn.set(snapshot, known);
  const found = known.get(ingressClass) ?? namedLike(ingressClass, snapshot);
  known.set(ingressClass, found);
  return found;
}

function namedLike({ spec }: IngressClass, snapshot: Snapshot): readonly PodSet[] {
  const { controller = '' } = { ...spec };
  const program = programs.find(({ word }) => controller.includes(word));
  if (program === undefined) return [];
  const labels = ['app.kubernetes.io/name', 'app', 'k8s-app', 'name'];
  return snapshot.podSets.filter(
    set =>
      set.object.kind !== 'Job' &&
      set.object.kind !== 'CronJob' &&
      labels.some(label =>
        program.names.includes((Object.hasOwn(set.labels, label) ? set.labels[label] : undefined) ?? ''),
      ),
  );
}
