import { raiseRisk } from '../core/decision.ts';
import { isObject, type JsonObject } from '../core/json.ts';
import { type Difference, differences, leaves } from '../core/json-diff.ts';
import type { Preview, Risk } from '../core/preview.ts';
import { splitApiVersion } from './object.ts';

const grave = new Map([
  ['Namespace', 'a whole namespace'],
  ['Node', 'a node'],
  ['Secret', 'a Secret'],
  ['PersistentVolume', 'storage'],
  ['PersistentVolumeClaim', 'storage'],
  ['NetworkPolicy', 'who may reach whom'],
  ['CustomResourceDefinition', 'a kind of the API'],
  ['ResourceQuota', 'a limit for a namespace'],
  ['LimitRange', 'a limit for a namespace'],
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

const workloads = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'CronJob', 'Job']);

// Scaling up is low only in small steps: a slip of a digit costs money and may starve the neighbours.
const smallFactor = 2;
const smallStep = 10;

/**
 * How much one change may hurt, from its effect and not from the tool that asked: low is a closed list, what touches
 * access, secrets, storage, nodes, namespaces, admission or the rights of a pod is high, the rest is medium.
 */
export function riskOf(preview: Omit<Preview, 'risk'>): Risk {
  const risk = riskOfEffect(preview);
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
  const kindReason = grave.get(target.kind) ?? graveGroups.get(group);
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
    if (from > 0 && to > from && to <= from * smallFactor && to - from <= smallStep)
      return `adds ${to - from} pods`;
    return undefined;
  }
  if (
    workloads.has(effect.kind) &&
    changed.every(({ path }) => /^\/metadata\/(labels|annotations)(\/|$)/.test(path))
  )
    return 'labels or annotations of a workload';
  return undefined;
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

// An unset spec.replicas means 1 to the API server; kinds without it compare 1 to 1.
function replicasOf(object: JsonObject | undefined): number {
  const spec = isObject(object?.['spec']) ? object['spec'] : {};
  return typeof spec['replicas'] === 'number' ? spec['replicas'] : 1;
}

function graveEffects({ path, before, after }: Difference): string[] {
  const added = leaves(after).map(leaf => ({ path: path + leaf.path, value: leaf.value }));
  const removed = leaves(before).map(leaf => ({ path: path + leaf.path, value: leaf.value }));
  return [
    ...added.flatMap(leaf => graveField(leaf.path, leaf.value)),
    ...[...added, ...removed].flatMap(leaf => graveKey(leaf.path)),
  ];
}

function graveKey(path: string): string[] {
  if (/^\/metadata\/(labels|annotations)\/(vigie\.dev~1|pod-security\.kubernetes\.io~1)/.test(path))
    return [`touches the mark ${path.split('/').at(-1)?.replaceAll('~1', '/') ?? ''}`];
  return [];
}

function graveField(path: string, value: unknown): string[] {
  if (/\/securityContext\/(privileged|allowPrivilegeEscalation)$/.test(path) && value === true)
    return ['gains privilege'];
  if (/\/securityContext\/capabilities\/add\//.test(path)) return ['gains a capability'];
  if (path.endsWith('/securityContext/runAsUser') && value === 0) return ['runs as root'];
  if (/\/(hostNetwork|hostPID|hostIPC)$/.test(path) && value === true) return ['gains host access'];
  if (/\/volumes\/[^/]+\/hostPath(\/|$)/.test(path)) return ['mounts a path of the host'];
  if (
    /\/(secretKeyRef|secretRef)\//.test(path) ||
    /\/volumes\/[^/]+\/(secret|projected\/sources\/\d+\/secret)\//.test(path)
  )
    return ['reads a Secret'];
  if (/\/(initC|ephemeralC|c)ontainers\/[^/]+\/(command|args)\//.test(path)) return ['runs another command'];
  if (/\/template\/spec\/serviceAccount(Name)?$/.test(path) || /^\/spec\/serviceAccount(Name)?$/.test(path))
    return value === 'default' ? [] : ['runs as another service account'];
  return [];
}
