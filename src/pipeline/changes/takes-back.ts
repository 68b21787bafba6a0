import type { KubeReader } from '../../clients/kube/reader.ts';
import { VigieError } from '../../core/errors.ts';
import { type JsonObject, plainText } from '../../core/json.ts';
import { differences } from '../../core/json-diff.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { controllerOf } from '../../kubernetes/owners.ts';

const managers: readonly { label: string; value?: string; who: string }[] = [
  {
    label: 'app.kubernetes.io/managed-by',
    value: 'Helm',
    who: 'Helm: the next upgrade sets its own values again',
  },
  { label: 'argocd.argoproj.io/instance', who: 'Argo CD: the next sync restores what is in git' },
  { label: 'argocd.argoproj.io/tracking-id', who: 'Argo CD: the next sync restores what is in git' },
  { label: 'kustomize.toolkit.fluxcd.io/name', who: 'Flux: the next reconciliation restores what is in git' },
  { label: 'helm.toolkit.fluxcd.io/name', who: 'Flux: the next reconciliation restores its Helm release' },
];

/** Warnings that another controller would undo the change: an owner, an autoscaler, Helm or GitOps. */
export async function takenBackBy(
  live: KubeObject,
  effect: { after: JsonObject | undefined; before: JsonObject | undefined; reader: KubeReader },
): Promise<string[]> {
  const warnings: string[] = [];
  const changed = differences(effect.before, effect.after).map(({ path }) => path);
  const owner = controllerOf(live);
  if (owner !== undefined)
    warnings.push(
      `${owner.kind}/${owner.name} owns this object and will likely take the change back; change the owner instead.`,
    );
  const marks = { ...live.metadata.labels, ...live.metadata.annotations };
  for (const { label, value, who } of managers) {
    const found = marks[label];
    if (found !== undefined && (value === undefined || found === value)) warnings.push(`Managed by ${who}.`);
  }
  const touchesReplicas = changed.some(path => path === '/spec/replicas') || effect.after === undefined;
  const { namespace } = live.metadata;
  if (touchesReplicas && namespace !== undefined) {
    const scaler = await scalerIfReadable(live, effect.reader);
    if (scaler !== undefined) warnings.push(scaler);
  }
  return [...new Set(warnings)];
}

/** A person may have the right to scale and none to see autoscalers: then it is said that nobody looked. */
async function scalerIfReadable(live: KubeObject, reader: KubeReader): Promise<string | undefined> {
  try {
    return await scalerOf(live, reader);
  } catch (error) {
    if (!(error instanceof VigieError)) throw error;
    if (error.code === 'UNKNOWN_KIND') return undefined;
    if (error.code !== 'FORBIDDEN') throw error;
    return 'Not checked whether a HorizontalPodAutoscaler sets the replicas of this object: these credentials may not list them.';
  }
}

async function scalerOf(live: KubeObject, reader: KubeReader): Promise<string | undefined> {
  if (!['Deployment', 'StatefulSet', 'ReplicaSet'].includes(live.kind)) return undefined;
  const { namespace } = live.metadata;
  const page = await reader.list({
    kind: 'HorizontalPodAutoscaler',
    ...(namespace === undefined ? {} : { namespace }),
  });
  for (const scaler of page.items) {
    const target = scaler.spec?.['scaleTargetRef'];
    if (typeof target !== 'object' || target === null || Array.isArray(target)) continue;
    if (target['kind'] !== live.kind || target['name'] !== live.metadata.name) continue;
    const { minReplicas, maxReplicas } = scaler.spec ?? {};
    return `HorizontalPodAutoscaler/${scaler.metadata.name} sets the replicas of this object (${plainText(minReplicas ?? 1)} to ${plainText(maxReplicas)}) and will take the change back.`;
  }
  return undefined;
}
