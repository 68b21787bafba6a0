import type { Container, PodTemplate } from '../../../kubernetes/kinds/pod.ts';
import type { ReplicaSet } from '../../../kubernetes/kinds/workloads.ts';
import { isKind, type ObjectOf, ofKind } from '../../../kubernetes/kinds.ts';
import { autoscalerLines, budgetLines, serviceLines } from './around-pods.ts';
import { defineDescriber } from './describer.ts';
import { podLines, referenceLines } from './pods.ts';

const revisionAnnotation = 'deployment.kubernetes.io/revision';

type Workload = ObjectOf<'Deployment' | 'ReplicaSet' | 'StatefulSet' | 'DaemonSet'>;

/** What keeps a number of pods running: its rollout, its pods, and what scales, protects and uses them. */
export const workloadDescriber = defineDescriber(
  ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet'],
  async (workload, { look, around }) => {
    const { template } = workload.spec;
    const { labels } = template.metadata ?? {};
    const sets = isKind(workload, 'Deployment') ? ofKind(around.related, 'ReplicaSet') : [];
    return [
      ...rolloutLines(workload),
      ...containerLines(template),
      ...setLines(sets),
      ...(around.unseen.has('Pod') ? [] : podLines(ofKind(around.related, 'Pod'), look)),
      ...(await referenceLines(workload, { spec: template.spec, look })),
      ...(await autoscalerLines(workload, look)),
      ...(await budgetLines(workload, { labels, look })),
      ...(await serviceLines(workload, { labels, look })),
    ];
  },
);

function rolloutLines(workload: Workload): string[] {
  const revision = workload.metadata.annotations?.[revisionAnnotation];
  if (isKind(workload, 'Deployment')) {
    const { strategy, paused } = workload.spec;
    const { maxSurge, maxUnavailable } = strategy?.rollingUpdate ?? {};
    const how = maxSurge === undefined ? '' : ` (surge ${maxSurge}, unavailable ${maxUnavailable ?? 0})`;
    const parts = [
      `${strategy?.type ?? 'RollingUpdate'}${how}`,
      ...(revision === undefined ? [] : [`revision ${revision}`]),
    ];
    return [`rollout: ${parts.join(', ')}${paused === true ? ', PAUSED' : ''}`];
  }
  if (isKind(workload, 'StatefulSet') || isKind(workload, 'DaemonSet')) {
    const { type, rollingUpdate } = workload.spec.updateStrategy ?? {};
    const partition = rollingUpdate?.partition;
    return [`rollout: ${type ?? 'RollingUpdate'}${partition ? `, partition ${partition}` : ''}`];
  }
  return [];
}

function containerLines({ spec }: PodTemplate): string[] {
  const text = ({ name, image }: Container) => `${name} ${image ?? ''}`;
  const init = (spec.initContainers ?? []).map(each => `init ${text(each)}`);
  return [`runs: ${[...init, ...spec.containers.map(text)].join(', ')}`];
}

/** The replica sets that have or want pods, and how many more are kept to roll back to. */
function setLines(sets: readonly ReplicaSet[]): string[] {
  const live = sets.filter(({ spec, status }) => (spec.replicas ?? 1) > 0 || (status?.replicas ?? 0) > 0);
  if (sets.length === 0) return [];
  const texts = live.map(({ metadata, spec, status }) => {
    const revision = metadata.annotations?.[revisionAnnotation];
    return `${metadata.name}${revision === undefined ? '' : ` (revision ${revision})`} ${status?.readyReplicas ?? 0} of ${spec.replicas ?? 1} ready`;
  });
  const kept = sets.length - live.length;
  return [`replica sets: ${[...texts, ...(kept === 0 ? [] : [`${kept} kept`])].join(', ')}`];
}
