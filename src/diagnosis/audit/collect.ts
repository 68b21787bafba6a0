import type { ResourceKind } from '../../clients/kube/reader.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { type Look, unlessUnread } from '../collect/look.ts';
import { readKind, readObjects, servedKinds } from '../collect/objects.ts';
import { trimmed } from '../collect/trim.ts';
import { Snapshot } from '../snapshot.ts';
import { isMade } from './made.ts';
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
  'ReplicationController',
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

/** Read in another way than as whole lists of what was asked about. */
const readApart: readonly string[] = ['RoleBinding', 'Pod', 'ReplicaSet'];
// A list of a namespace costs about what this many times fewer single reads cost.
const readsPerList = 12;

/** All that is looked at, in full or in part. */
export const auditKinds: readonly string[] = [...kinds, ...readApart];

/** One look at a cluster for an audit: workloads, and of pods and replica sets those that nothing makes. @throws VigieError where nothing at all can be read */
export async function collectForAudit(look: Look): Promise<Snapshot> {
  const { served, absent } = await servedKinds(look, kinds);
  const apart = (await servedKinds(look, readApart)).served;
  const kindOf = (name: string) => apart.find(({ kind }) => kind === name);
  const [bindings, podKind, setKind] = [kindOf('RoleBinding'), kindOf('Pod'), kindOf('ReplicaSet')];
  // Before what makes them: whatever a pod is made by was there then.
  const pods = podKind === undefined ? [] : await namesOf(look, podKind);
  const [objects, sets, bound, serverVersion] = await Promise.all([
    readObjects(look, served),
    setKind === undefined ? [] : namesOf(look, setKind),
    // Rights in one namespace are given to accounts of others.
    bindings === undefined ? [] : readKind(everywhere(look), { kind: bindings }),
    unlessUnread(look, { kind: 'version', read: () => look.kube.serverVersion() }),
  ]);
  const seen = look.namespace === undefined ? look.namespaces : [look.namespace];
  const facts = { absent, ...(seen === undefined ? {} : { namespaces: seen }) };
  const makers = new Snapshot({
    takenAt: look.clusterTime(),
    objects: [...objects, ...sets],
    events: [],
    unread: [...look.unread],
    ...facts,
  });
  const bare = [
    ...(podKind === undefined ? [] : await readBare(look, { kind: podKind, listed: pods, makers })),
    ...(setKind === undefined ? [] : await readBare(look, { kind: setKind, listed: sets, makers })),
  ];
  return new Snapshot({
    takenAt: look.clusterTime(),
    objects: [...objects, ...bare.filter(object => !isOver(object)), ...bound],
    events: [],
    unread: [...look.unread],
    ...facts,
    ...(serverVersion === undefined ? {} : { serverVersion }),
  });
}

/** Nearly all have an owner, and are judged there: of these only the metadata travels. */
async function namesOf(look: Look, kind: ResourceKind): Promise<KubeObject[]> {
  const listed = await readKind(look, { kind, query: { metadataOnly: true } });
  return listed.map(object => ({ ...object, apiVersion: kind.apiVersion, kind: kind.kind }));
}

/** In full those that are judged by themselves. */
async function readBare(
  look: Look,
  { kind, listed, makers }: { kind: ResourceKind; listed: readonly KubeObject[]; makers: Snapshot },
): Promise<KubeObject[]> {
  const places = Map.groupBy(listed, ({ metadata }) => metadata.namespace ?? '');
  const read: KubeObject[] = [];
  for (const [namespace, all] of places) {
    const bare = all.filter(object => !isMade(object, makers));
    const names = new Set(bare.map(({ metadata }) => metadata.name));
    if (names.size * readsPerList > all.length)
      read.push(
        ...(await readKind(look, { kind, query: { namespace } })).filter(each =>
          names.has(each.metadata.name),
        ),
      );
    else
      for (const name of names) {
        const { kind: kindName, apiVersion } = kind;
        const object = await unlessUnread(look, {
          kind: kindName,
          namespace,
          read: () => look.kube.find({ kind: kindName, apiVersion, name, namespace }),
        });
        if (object !== undefined) read.push(trimmed(object));
      }
  }
  return read;
}

/** Old revisions of what another controller makes: they have no pods. */
function isOver({ kind, spec }: KubeObject): boolean {
  return kind === 'ReplicaSet' && spec?.['replicas'] === 0;
}

function everywhere({ namespace: _one, ...look }: Look): Look {
  return look;
}
