import { raiseRisk } from '../core/decision.ts';
import { isObject, type JsonObject } from '../core/json.ts';
import { type Difference, differences, leaves } from '../core/json-diff.ts';
import type { Preview, Risk } from '../core/preview.ts';
import { graveEffects } from './grave-fields.ts';
import { splitApiVersion } from './object.ts';

const graveKinds = new Map([
  ['Namespace', 'a whole namespace'],
  ['Node', 'a node'],
  ['Secret', 'a Secret'],
  ['PersistentVolume', 'storage'],
  ['PersistentVolumeClaim', 'storage'],
  ['NetworkPolicy', 'who may reach whom'],
  ['CustomResourceDefinition', 'a kind of the API'],
  ['ResourceQuota', 'a limit for a namespace'],
  ['LimitRange', 'a limit for a namespace'],
  ['Endpoints', 'where a Service sends its traffic'],
  ['EndpointSlice', 'where a Service sends its traffic'],
]);

const graveGroups = new Map([
  ['rbac.authorization.k8s.io', 'access rules'],
  ['admissionregistration.k8s.io', 'admission'],
  ['apiregistration.k8s.io', 'an API service'],
  ['apiextensions.k8s.io', 'a kind of the API'],
  ['certificates.k8s.io', 'certificates'],
  ['storage.k8s.io', 'storage'],
  ['flowcontrol.apiserver.k8s.io', 'the API server itself'],
  ['scheduling.k8s.io', 'priorities of pods'],
]);

const knownGroups = new Set([
  '',
  'apps',
  'batch',
  'autoscaling',
  'policy',
  'networking.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'coordination.k8s.io',
]);

// A ReplicaSet is not among them: its Deployment finds it by its labels.
const workloads = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Job']);

// Scaling up is low only in small steps: a slip of a digit costs money and may starve the neighbours.
const smallFactor = 2;
const smallStep = 10;

/**
 * How much one change may hurt, from its effect and not from the tool that asked: low is a closed list, what touches
 * access, secrets, storage, nodes, namespaces, admission or the rights of a pod is high, the rest is medium. `grave`: why
 * the kind of change is high risk whatever its preview shows; absent: it is not.
 */
export function riskOf(preview: Omit<Preview, 'risk'>, grave?: string): Risk {
  const risk =
    grave === undefined || preview.operation === 'none'
      ? riskOfEffect(preview)
      : { level: 'high' as const, reasons: [grave] };
  const reasons = [...risk.reasons];
  let { level } = risk;
  if (!preview.undo.possible && preview.operation !== 'none') {
    level = 'high';
    reasons.push(`cannot be undone: ${preview.undo.why}`);
  }
  if (preview.serverChecked !== true) {
    level = raiseRisk(level);
    reasons.push(`not checked by the server: ${preview.serverChecked}`);
  }
  return { level, reasons };
}

function riskOfEffect(preview: Omit<Preview, 'risk'>): Risk {
  const { target, operation } = preview;
  if (operation === 'none') return { level: 'low', reasons: ['changes nothing'] };
  if (operation === 'delete') return { level: 'high', reasons: [`deletes ${target.kind} ${target.name}`] };
  const { group } = splitApiVersion(target.apiVersion ?? '');
  const high: string[] = [];
  const kindReason = graveKinds.get(target.kind) ?? graveGroups.get(group);
  if (kindReason !== undefined) high.push(`concerns ${kindReason}`);
  else if (!knownGroups.has(group)) high.push(`concerns ${group}, whose effect is not known here`);

  const changed = differences(preview.before, preview.after);
  high.push(...changed.flatMap(graveEffects));
  if (
    operation === 'update' &&
    changed.some(({ path }) => /^\/spec\/(selector|podSelector)(\/|$)/.test(path))
  )
    high.push('changes which pods are selected');
  high.push(...scaleDown(preview.before, preview.after));
  if (target.kind === 'HorizontalPodAutoscaler')
    high.push(...otherCeiling(ceilingOf(preview.before), ceilingOf(preview.after)));
  if (high.length > 0) return { level: 'high', reasons: [...new Set(high)] };
  const low = lowReason({
    kind: target.kind,
    operation,
    changed,
    before: preview.before,
    after: preview.after,
  });
  if (low !== undefined) return { level: 'low', reasons: [low] };
  return {
    level: 'medium',
    reasons: [
      operation === 'create'
        ? `creates ${target.kind} ${target.name}`
        : `changes ${target.kind} ${target.name}`,
    ],
  };
}

function lowReason(effect: {
  kind: string;
  operation: Preview['operation'];
  changed: readonly Difference[];
  before: JsonObject | undefined;
  after: JsonObject | undefined;
}): string | undefined {
  const { changed } = effect;
  if (effect.operation !== 'update' || changed.length === 0) return undefined;
  if (
    changed.every(({ path }) => path.startsWith('/spec/template/metadata/annotations') && onlyRestart(effect))
  )
    return 'restarts pods and changes nothing else';
  if (changed.every(({ path }) => path === '/spec/replicas')) {
    const from = replicasOf(effect.before);
    const to = replicasOf(effect.after);
    if (from > 0 && to > from && isSmallStep(from, to)) return `adds ${to - from} pods`;
    return undefined;
  }
  if (
    workloads.has(effect.kind) &&
    changed.every(({ path }) => /^\/metadata\/labels(\/|$)/.test(path)) &&
    leavesOfDifference(effect).every(isPlainLabel)
  )
    return 'plain labels of a workload';
  return undefined;
}

/** A label with a prefix belongs to some controller, which may act on it: inject a container, prune, take over. */
function isPlainLabel(path: string): boolean {
  return /^\/metadata\/labels\/[^/~]+$/.test(path);
}

function onlyRestart(effect: { before: JsonObject | undefined; after: JsonObject | undefined }): boolean {
  return leavesOfDifference(effect).every(path => path.endsWith('/kubectl.kubernetes.io~1restartedAt'));
}

function leavesOfDifference(effect: {
  before: JsonObject | undefined;
  after: JsonObject | undefined;
}): string[] {
  return differences(effect.before, effect.after).flatMap(({ path, before, after }) => [
    ...leaves(before).map(leaf => path + leaf.path),
    ...leaves(after).map(leaf => path + leaf.path),
  ]);
}

function scaleDown(before: JsonObject | undefined, after: JsonObject | undefined): string[] {
  if (before === undefined || after === undefined) return [];
  const from = replicasOf(before);
  const to = replicasOf(after);
  if (from <= to) return [];
  if (to === 0) return ['scales to zero'];
  return to * 2 < from ? [`scales down by more than half (${from} to ${to})`] : [];
}

function isSmallStep(from: number, to: number): boolean {
  return to <= from * smallFactor && to - from <= smallStep;
}

/** What an autoscaler may come to use, which nobody is asked about again. */
function otherCeiling(from: number | undefined, to: number | undefined): string[] {
  if (to === undefined || from === to) return [];
  if (from === undefined) return to > smallStep ? [`may grow to ${to} pods`] : [];
  if (to > from) return isSmallStep(from, to) ? [] : [`may grow to ${to} pods instead of ${from}`];
  return to * 2 < from ? [`may grow to ${to} pods only, less than half of ${from}`] : [];
}

function ceilingOf(object: JsonObject | undefined): number | undefined {
  const spec = isObject(object?.['spec']) ? object['spec'] : {};
  return typeof spec['maxReplicas'] === 'number' ? spec['maxReplicas'] : undefined;
}

// An unset spec.replicas means 1 to the API server; kinds without it compare 1 to 1.
function replicasOf(object: JsonObject | undefined): number {
  const spec = isObject(object?.['spec']) ? object['spec'] : {};
  return typeof spec['replicas'] === 'number' ? spec['replicas'] : 1;
}
