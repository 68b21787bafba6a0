import type { KubeReader } from '../../clients/kube/reader.ts';
import { VigieError } from '../../core/errors.ts';
import { describeRef, type Ref } from '../../core/ref.ts';
import { trusted } from '../../core/trusted-text.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { isServing } from '../../kubernetes/pod-readiness.ts';
import { podsOf } from './workload-pods.ts';

// As many as anybody reads; a pod with more is rare.
const namesShown = 20;

/** The one pod that a line leads into: `web-1`, or a ready one of `deploy/web`. @throws VigieError NOT_FOUND */
export async function podFor(
  kube: KubeReader,
  at: { text: string; namespace: string | undefined },
): Promise<Pod> {
  return (await podBehind(kube, at)).pod;
}

/** As `podFor`, with what was named: the pod itself, its workload or a service. */
export async function podBehind(
  kube: KubeReader,
  at: { text: string; namespace: string | undefined },
): Promise<{ named: KubeObject; pod: Pod }> {
  const target = targetOf(at.text, at.namespace);
  const named = await kube.get(target).catch((error: unknown) => {
    throw error instanceof VigieError && error.code === 'UNKNOWN_KIND' ? noKind(error, target) : error;
  });
  return { named, pod: onePod(named, await podsOf(kube, named)) };
}

/** As kubectl's cp names a pod, a namespace stands where a kind does here. */
function noKind(cause: VigieError, { kind }: Ref): VigieError {
  const { nearest } = cause.details ?? {};
  return new VigieError(
    'UNKNOWN_KIND',
    `${cause.message}: before the slash stands a kind, as in deploy/web, never a namespace`,
    {
      hint: trusted`If ${kind} is a namespace: -n ${kind}, and the pod by its name alone.`,
      details: { nearest },
      cause,
    },
  );
}

/** A pod by its name, or what has pods as `kind/name`. */
function targetOf(text: string, namespace: string | undefined): Ref {
  const [, kind = 'Pod', name = text] = /^([^/]+)\/(.+)$/.exec(text) ?? [];
  return { kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** The pod itself, or a ready one of the workload: by name the first, so that asking again means the same. */
function onePod(object: KubeObject, pods: readonly Pod[]): Pod {
  const usable = object.kind === 'Pod' ? pods : pods.filter(isServing);
  const [first] = usable.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  if (first !== undefined) return first;
  throw new VigieError('NOT_FOUND', `${describeRef(refOf(object))} has no ready pod`, {
    hint: 'See why with k8s_describe, or name a pod.',
  });
}

/** The container that is named, the pod's own choice, or the only one. @throws VigieError INVALID_INPUT */
export function containerOf(pod: Pod, asked: string | undefined): string {
  const names = pod.spec.containers.map(({ name }) => name);
  const chosen = asked ?? pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  const all = [...names, ...(pod.spec.initContainers ?? []).map(({ name }) => name)];
  if (chosen !== undefined && all.includes(chosen)) return chosen;
  const [only] = names;
  if (asked === undefined && only !== undefined && names.length === 1) return only;
  const what = asked === undefined ? 'has several containers' : 'has no such container';
  const there = all.slice(0, namesShown).join(', ');
  throw new VigieError(
    'INVALID_INPUT',
    `container: ${describeRef(refOf(pod))} ${what}; there are: ${there}`,
    {
      hint: 'Name one of them with the argument container.',
      details: { issues: [{ field: 'container', message: what }] },
    },
  );
}
