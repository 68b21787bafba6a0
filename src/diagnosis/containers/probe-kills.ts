import type { Event } from '../../kubernetes/kinds/event.ts';
import { refOf } from '../../kubernetes/object.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Instance } from './instances.ts';

export type ProbeName = 'startup' | 'liveness' | 'readiness';

/** Whether an event of a pod is about one of its containers; one that names none may be about any. */
export function isAbout({ involvedObject, message = '' }: Event, { container }: Instance): boolean {
  const { fieldPath = '' } = involvedObject;
  if (fieldPath !== '') return fieldPath.endsWith(`{${container.name}}`);
  return !/^Container \S+ /.test(message) || message.startsWith(`Container ${container.name} `);
}

/** What the kubelet of a pod says of it, as far as an event tells who wrote it: others write events, and of others. */
function fromKubelet({ pod }: Instance, snapshot: Snapshot): Event[] {
  const { uid } = pod.metadata;
  const { nodeName } = pod.spec;
  return snapshot.eventsFor(refOf(pod)).filter(({ involvedObject, source, reportingComponent }) => {
    const by = reportingComponent || source?.component || 'kubelet';
    const [about, from] = [involvedObject.uid ?? uid, source?.host ?? nodeName];
    return by === 'kubelet' && about === uid && from === nodeName;
  });
}

/** The newest refusal of a probe of a container, as its kubelet tells it. */
export function refusalOf(
  instance: Instance,
  { snapshot, probe }: { snapshot: Snapshot; probe: ProbeName },
): Event | undefined {
  const label = `${probe[0]?.toUpperCase() ?? ''}${probe.slice(1)} probe `;
  return fromKubelet(instance, snapshot).find(
    event =>
      event.reason === 'Unhealthy' && event.message?.startsWith(label) === true && isAbout(event, instance),
  );
}

/** The probe for whose failures a kubelet stopped a container; undefined: none did, as far as events tell. */
export function killedBy(instance: Instance, snapshot: Snapshot): 'startup' | 'liveness' | undefined {
  for (const event of fromKubelet(instance, snapshot)) {
    if (event.reason !== 'Killing' || !isAbout(event, instance)) continue;
    if (event.message?.includes('failed startup probe') === true) return 'startup';
    if (event.message?.includes('failed liveness probe') === true) return 'liveness';
  }
  // Events may be gone, or only warnings read: a stop by signal of what a probe refuses is the kubelet's.
  const { lastState, state } = instance.status;
  const { exitCode: code, reason } = state?.terminated ?? lastState?.terminated ?? {};
  if ((code !== 137 && code !== 143) || reason === 'OOMKilled') return undefined;
  const unheard = isUnheard(instance, snapshot);
  return (['startup', 'liveness'] as const).find(
    probe =>
      instance.container[`${probe}Probe`] !== undefined &&
      (unheard || refusalOf(instance, { snapshot, probe }) !== undefined),
  );
}

/** Whether nothing is known of what happened to a pod: one that restarts again and again always has events. */
export function isUnheard({ pod }: Instance, snapshot: Snapshot): boolean {
  return snapshot.eventsFor(refOf(pod)).length === 0;
}
