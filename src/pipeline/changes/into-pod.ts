import type { KubeReader } from '../../clients/kube/reader.ts';
import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Ref } from '../../core/ref.ts';
import { describeRef } from '../../core/ref.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import { refOf } from '../../kubernetes/object.ts';
import { controllerOf } from '../../kubernetes/owners.ts';
import type { LocalEnd } from '../../toolkit/local-end.ts';
import type { Prospect } from './kind.ts';

/*
 * What the changes have in common that open a line into one pod: nothing of them can be tried before, and nothing on the
 * cluster tells afterwards what went over the line.
 */

/** The pod that was read, and no other of its name. @throws VigieError CONFLICT, NOT_FOUND */
export async function samePod(at: { target: Ref; uid: string }, reader: KubeReader): Promise<Pod> {
  const live = await reader.get(at.target);
  if (isKind(live, 'Pod') && live.metadata.uid === at.uid) return live;
  throw new VigieError(
    'CONFLICT',
    `${describeRef(at.target)} was deleted and created anew since it was read.`,
    {
      hint: 'Ask for it anew.',
      details: { cause: 'replaced' },
    },
  );
}

/** @throws VigieError NOT_STARTED */
export function runningContainer(pod: Pod, name: string): { image?: string } {
  const { containers, initContainers = [] } = pod.spec;
  const container = [...containers, ...initContainers].find(each => each.name === name);
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const status = [...containerStatuses, ...initContainerStatuses].find(each => each.name === name);
  if (container !== undefined && status?.state?.running !== undefined) return container;
  const why = status?.state?.waiting?.reason ?? status?.state?.terminated?.reason ?? 'it has not started';
  throw new VigieError(
    'NOT_STARTED',
    `Container ${name} of ${describeRef(refOf(pod))} does not run: ${why}`,
    {
      hint: 'Its log and the events of the pod tell why: k8s_logs, k8s_events.',
    },
  );
}

/** The common part of a preview: labels and controller are there for what policy protects, `line` is what is decided on. */
export function prospectOf(pod: Pod, line: JsonObject): Pick<Prospect, 'before' | 'after'> {
  const { labels = {} } = pod.metadata;
  const controller = controllerOf(pod);
  const metadata: JsonObject = {
    labels,
    ...(controller === undefined ? {} : { ownerReferences: [{ ...controller }] }),
  };
  return { before: { metadata }, after: { metadata, ...line } };
}

/**
 * Opening a line needs `get` on older servers, `create` on newer ones, and neither tries it: warnings where one is
 * missing. @throws VigieError FORBIDDEN
 */
export async function rightsMissing(
  { target }: { target: Ref },
  { reader, subresource }: { reader: KubeReader; subresource: 'exec' | 'portforward' },
): Promise<string[]> {
  const may = (verb: string) =>
    reader.canI({
      verb,
      resource: 'pods',
      subresource,
      name: target.name,
      ...(target.namespace === undefined ? {} : { namespace: target.namespace }),
    });
  const [get, create] = await Promise.all([may('get'), may('create')]);
  if (get.allowed && create.allowed) return [];
  const missing = get.allowed ? 'create' : 'get';
  if (get.allowed || create.allowed)
    return [`These credentials may not ${missing} pods/${subresource}: the server may refuse it.`];
  throw new VigieError(
    'FORBIDDEN',
    `These credentials may not open a line (pods/${subresource}) into ${describeRef(target)}`,
    {
      hint: 'Ask for get and create on it in RBAC.',
      details: { verb: 'create', resource: `pods/${subresource}`, namespace: target.namespace ?? '' },
    },
  );
}

/** Files and ports belong to the process of whoever asks. @throws VigieError NOT_STARTED where this is another */
export function localEndOf(local: LocalEnd | undefined): LocalEnd {
  if (local !== undefined) return local;
  throw new VigieError(
    'NOT_STARTED',
    'Files and ports belong to the process of the person at the terminal, and this change is made by another (a daemon or a server).',
    { hint: 'Run and approve it with a command that opens Vigie itself: vigie --config FILE.' },
  );
}

export function podPlace({ metadata }: Pod): { name: string; namespace: string } {
  return { name: metadata.name, namespace: metadata.namespace ?? '' };
}
