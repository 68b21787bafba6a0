import type { ResourceKind } from '../../clients/kube/reader.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { controllerOf } from '../../kubernetes/owners.ts';
import { type Look, unlessUnread } from '../collect/look.ts';
import { readKind, readObjects, servedKinds } from '../collect/objects.ts';
import { Snapshot } from '../snapshot.ts';
import { otherPolicies } from './rules/network.ts';

/** All that some rule looks at, beside pods. */
const kinds: readonly string[] = [
  'Namespace',
  'Node',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'ConfigMap',
  'ServiceAccount',
  'Role',
  'ClusterRole',
  'ClusterRoleBinding',
  'Ingress',
  'IngressClass',
  'NetworkPolicy',
  'PodDisruptionBudget',
  'HorizontalPodAutoscaler',
  'LimitRange',
  'StorageClass',
  'PriorityClass',
  'RuntimeClass',
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'FlowSchema',
  'PriorityLevelConfiguration',
  'CustomResourceDefinition',
  ...otherPolicies,
];

/** One look at a cluster for an audit: workloads, and of pods those that nothing makes. @throws VigieError where nothing at all can be read */
export async function collectForAudit(look: Look): Promise<Snapshot> {
  const { served, absent } = await servedKinds(look, kinds);
  const [pods] = (await servedKinds(look, ['Pod'])).served;
  const [bindings] = (await servedKinds(look, ['RoleBinding'])).served;
  const [objects, barePods, bound, serverVersion] = await Promise.all([
    readObjects(look, served),
    pods === undefined ? [] : readBarePods(look, pods),
    // Rights in one namespace are given to accounts of others.
    bindings === undefined ? [] : readKind(everywhere(look), { kind: bindings }),
    unlessUnread(look, { kind: 'version', read: () => look.kube.serverVersion() }),
  ]);
  const seen = look.namespace === undefined ? look.namespaces : [look.namespace];
  return new Snapshot({
    takenAt: look.clusterTime(),
    objects: [...objects, ...barePods, ...bound],
    events: [],
    unread: [...look.unread],
    absent,
    ...(seen === undefined ? {} : { namespaces: seen }),
    ...(serverVersion === undefined ? {} : { serverVersion }),
  });
}

/** Nearly all pods have an owner, and are judged there: of these only the metadata travels. */
async function readBarePods(look: Look, kind: ResourceKind): Promise<KubeObject[]> {
  const listed = await readKind(look, { kind, query: { metadataOnly: true } });
  const isBare = (pod: KubeObject) => controllerOf(pod) === undefined;
  const places = new Set(listed.filter(isBare).map(({ metadata }) => metadata.namespace ?? ''));
  const read: KubeObject[] = [];
  for (const namespace of places)
    read.push(...(await readKind(look, { kind, query: { namespace } })).filter(isBare));
  return read;
}

function everywhere({ namespace: _one, ...look }: Look): Look {
  return look;
}
