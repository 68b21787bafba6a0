import type { Ingress, IngressClass } from '../../kubernetes/kinds/network.ts';
import { mayDo } from '../access/rights.ts';
import type { PodSet } from '../pod-sets.ts';
import type { Snapshot } from '../snapshot.ts';
import { accountOf } from '../workloads/borne-out.ts';

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

/** What runs for a class of Ingresses. */
export interface Controllers {
  sets: readonly PodSet[];
  /**
   * Whether rights bear it out: the status of every Ingress is written by nobody whom the owners of the cluster did not
   * let. Else their labels alone say so, and anybody labels pods.
   */
  sure: boolean;
}

const none: Controllers = { sets: [], sure: false };

/** The workloads that serve an Ingress; none where its controller is not known, or runs outside the cluster. */
export function controllersOf(ingress: Ingress, snapshot: Snapshot): Controllers {
  const found = classOf(ingress, snapshot);
  return found === undefined ? none : controllersOfClass(found, snapshot);
}

// A cluster has thousands of ingresses of one class.
const knownIn = new WeakMap<Snapshot, Map<IngressClass, Controllers>>();

/** The workloads of a class's controller: in the namespaces where one of that name may write the status of every Ingress. */
export function controllersOfClass(ingressClass: IngressClass, snapshot: Snapshot): Controllers {
  const known = knownIn.get(snapshot) ?? new Map<IngressClass, Controllers>();
  knownIn.set(snapshot, known);
  const found = known.get(ingressClass) ?? controllersNamedLike(ingressClass, snapshot);
  known.set(ingressClass, found);
  return found;
}

function controllersNamedLike(ingressClass: IngressClass, snapshot: Snapshot): Controllers {
  const named = namedLike(ingressClass, snapshot);
  // What passes the traffic on often runs beside what writes the status, under another account.
  const places = new Set(named.filter(set => mayServe(set, snapshot)).map(({ namespace }) => namespace));
  return places.size === 0
    ? { sets: named, sure: false }
    : { sets: named.filter(({ namespace }) => places.has(namespace)), sure: true };
}

function mayServe({ spec, namespace }: PodSet, snapshot: Snapshot): boolean {
  const account = { name: accountOf(spec), namespace };
  const status = { group: 'networking.k8s.io', resource: 'ingresses', subresource: 'status' };
  return ['update', 'patch'].some(
    verb => mayDo(account, { wanted: { verb, ...status }, inNamespace: undefined, snapshot }) === true,
  );
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
