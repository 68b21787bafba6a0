import type { KubeReader } from '../../clients/kube/reader.ts';
import type { JsonObject } from '../../core/json.ts';
import { isObject } from '../../core/json.ts';
import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../../kubernetes/kinds/workloads.ts';
import { isKind, ofKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { controllerUid } from '../../kubernetes/owners.ts';
import { revisionOf, writtenTemplate } from '../../kubernetes/revisions.ts';
import { selectorText } from '../../kubernetes/selectors.ts';

const causeAnnotation = 'kubernetes.io/change-cause';
// The default history limit is 10; nobody keeps this many.
const mostRevisions = 500;

/** The kinds that roll out a pod template and keep the earlier ones. */
export type Rolled = Deployment | StatefulSet | DaemonSet;

/** One pod template a workload had or has. */
export interface Revision {
  revision: number;
  template: JsonObject;
  images: string[];
  createdAt: string | undefined;
  cause: string | undefined;
}

/** The revisions that the cluster still knows, the oldest first. */
export async function revisionsOf(kube: KubeReader, workload: Rolled): Promise<Revision[]> {
  const revisions = isKind(workload, 'Deployment')
    ? (await replicaSetsOf(kube, workload)).map(fromReplicaSet)
    : await controllerRevisions(kube, workload);
  return revisions
    .filter(({ revision }) => revision > 0)
    .toSorted((left, right) => left.revision - right.revision);
}

/** The replica sets a Deployment made. */
export async function replicaSetsOf(kube: KubeReader, deployment: Deployment): Promise<ReplicaSet[]> {
  const page = await kube.list({
    kind: 'ReplicaSet',
    apiVersion: 'apps/v1',
    ...namespaceOf(deployment),
    labelSelector: selectorText(deployment.spec.selector),
    limit: mostRevisions,
  });
  return ofKind(page.items, 'ReplicaSet').filter(set => controllerUid(set) === deployment.metadata.uid);
}

function fromReplicaSet(set: ReplicaSet): Revision {
  const template: JsonObject = writtenTemplate(set.spec.template);
  return {
    revision: revisionOf(set),
    template,
    images: imagesOf(template),
    createdAt: set.metadata.creationTimestamp,
    cause: set.metadata.annotations?.[causeAnnotation],
  };
}

async function controllerRevisions(kube: KubeReader, workload: StatefulSet | DaemonSet): Promise<Revision[]> {
  const page = await kube.list({
    kind: 'ControllerRevision',
    apiVersion: 'apps/v1',
    ...namespaceOf(workload),
    limit: mostRevisions,
  });
  return ofKind(page.items, 'ControllerRevision')
    .filter(revision => controllerUid(revision) === workload.metadata.uid)
    .map(({ revision, data, metadata }) => {
      // The data is a strategic merge patch: {spec: {template: {$patch: 'replace', …}}}.
      const spec = isObject(data?.['spec']) ? data['spec'] : {};
      const { $patch: _directive, ...template } = isObject(spec['template']) ? spec['template'] : {};
      return {
        revision,
        template,
        images: imagesOf(template),
        createdAt: metadata.creationTimestamp,
        cause: metadata.annotations?.[causeAnnotation],
      };
    });
}

function namespaceOf(object: KubeObject): { namespace?: string } {
  const { namespace } = object.metadata;
  return namespace === undefined ? {} : { namespace };
}

function imagesOf(template: JsonObject): string[] {
  const spec = isObject(template['spec']) ? template['spec'] : {};
  const containers = Array.isArray(spec['containers']) ? spec['containers'] : [];
  return containers.flatMap(item =>
    isObject(item) && typeof item['image'] === 'string' ? [item['image']] : [],
  );
}
