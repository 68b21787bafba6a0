import { conditionOf } from '../kinds/condition.ts';
import { ofKind } from '../kinds.ts';
import { countOf, defineJudge, degraded, healthy, isUnobserved, progressing, unknown } from './verdict.ts';

export const persistentVolumeClaimJudge = defineJudge(
  'PersistentVolumeClaim',
  ({ spec, status }, related) => {
    switch (status?.phase ?? '') {
      case 'Bound':
        return healthy(`bound to ${spec.volumeName ?? 'a volume'}`);
      case 'Lost':
        return degraded(`its volume ${spec.volumeName ?? ''} is gone`);
      case 'Pending':
        if (ofKind(related, 'StorageClass').some(each => each.volumeBindingMode === 'WaitForFirstConsumer'))
          return healthy('waits for the first pod that mounts it, as its class wants');
        return progressing('waits for a volume, or for the first pod that mounts it');
      default:
        return unknown('has no phase yet');
    }
  },
);

export const persistentVolumeJudge = defineJudge('PersistentVolume', ({ status }) => {
  const phase = status?.phase ?? '';
  if (phase === 'Failed') return degraded(status?.message ?? 'could not be reclaimed');
  return phase === '' ? unknown('has no phase yet') : healthy(phase.toLowerCase());
});

export const horizontalPodAutoscalerJudge = defineJudge('HorizontalPodAutoscaler', ({ spec, status }) => {
  const able = conditionOf(status?.conditions, 'AbleToScale');
  const active = conditionOf(status?.conditions, 'ScalingActive');
  if (able === undefined) return progressing('has not looked at its target yet');
  if (able.status === 'False') return degraded(able.message ?? 'cannot scale its target');
  // At zero replicas scaling is switched off on purpose.
  if (active?.status === 'False' && active.reason !== 'ScalingDisabled') {
    return degraded(active.message ?? 'cannot read its metrics');
  }
  const replicas = status?.currentReplicas ?? 0;
  const limited = replicas >= spec.maxReplicas ? ', its most' : '';
  return healthy(`keeps ${countOf(replicas, 'pod')}${limited}`);
});

export const podDisruptionBudgetJudge = defineJudge('PodDisruptionBudget', budget => {
  const { status } = budget;
  if (isUnobserved(budget, status?.observedGeneration))
    return progressing('the controller has not yet seen the newest spec');
  const current = status?.currentHealthy ?? 0;
  const desired = status?.desiredHealthy ?? 0;
  if (current < desired) return degraded(`${current} of ${countOf(desired, 'pod')} that must be healthy are`);
  return healthy(`allows ${countOf(status?.disruptionsAllowed ?? 0, 'disruption')}`);
});

export const namespaceJudge = defineJudge('Namespace', ({ metadata, status }) => {
  if (metadata.deletionTimestamp === undefined && status?.phase !== 'Terminating') return healthy('active');
  const stuck = status?.conditions?.find(condition => condition.status === 'True');
  return progressing(`is being deleted${stuck?.message === undefined ? '' : `: ${stuck.message}`}`);
});

export const nodeJudge = defineJudge('Node', ({ spec, status }) => {
  const ready = conditionOf(status?.conditions, 'Ready');
  if (ready === undefined) return unknown('has not reported yet');
  if (ready.status !== 'True')
    return degraded(`not ready: ${ready.message ?? ready.reason ?? 'no reason given'}`);
  const pressure = status?.conditions?.find(
    condition => condition.type !== 'Ready' && condition.status === 'True',
  );
  if (pressure !== undefined)
    return degraded(`${pressure.type}: ${pressure.message ?? pressure.reason ?? ''}`);
  return healthy(spec?.unschedulable === true ? 'ready, takes no new pods' : 'ready');
});

export const customResourceDefinitionJudge = defineJudge('CustomResourceDefinition', ({ status }) => {
  const names = conditionOf(status?.conditions, 'NamesAccepted');
  if (names?.status === 'False') return degraded(names.message ?? 'its names are taken');
  const established = conditionOf(status?.conditions, 'Established');
  return established?.status === 'True' ? healthy('established') : progressing('is not established yet');
});

export const apiServiceJudge = defineJudge('APIService', ({ status }) => {
  const available = conditionOf(status?.conditions, 'Available');
  if (available === undefined) return unknown('has not been checked yet');
  return available.status === 'True' ? healthy('available') : degraded(available.message ?? 'not available');
});
