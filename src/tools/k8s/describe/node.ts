import { plainText } from '../../../core/json.ts';
import { countOf } from '../../../kubernetes/health/verdict.ts';
import type { Pod } from '../../../kubernetes/kinds/pod.ts';
import { podResources } from '../../../kubernetes/pod-needs.ts';
import { type Nano, readQuantity } from '../../../kubernetes/quantities.ts';
import { cpuText, memoryText, percentOf } from '../amounts.ts';
import { defineDescriber } from './describer.ts';

const namespacesNamed = 10;

/** A node: what stands against it, its taints, and what its pods ask of it. */
export const nodeDescriber = defineDescriber(['Node'], async (node, { look }) => {
  const { nodeInfo, allocatable = {}, conditions = [] } = node.status ?? {};
  const pods = await look.list('Pod', { fieldSelector: `spec.nodeName=${node.metadata.name}` });
  const taints = (node.spec?.taints ?? []).map(
    ({ key, value, effect }) => `${key}${value ? `=${value}` : ''}:${effect}`,
  );
  const against = conditions.filter(({ type, status }) => status !== (type === 'Ready' ? 'True' : 'False'));
  const running = (pods ?? []).filter(
    ({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed',
  );
  const asked = (resource: string) =>
    running.reduce((sum, pod) => sum + podResources(pod, resource).requests, 0n);
  const amount = (resource: string) => readQuantity(plainText(allocatable[resource])) ?? 0n;
  const share = (resource: string, write: (value: Nano) => string) =>
    `${resource} ${write(asked(resource))} of ${write(amount(resource))} (${percentOf(asked(resource), amount(resource)) ?? '?'})`;
  return [
    `kubelet ${nodeInfo?.kubeletVersion ?? '?'}, ${nodeInfo?.osImage ?? '?'}, ${nodeInfo?.containerRuntimeVersion ?? '?'}`,
    `taints: ${taints.length === 0 ? 'none' : taints.join(', ')}`,
    ...against.map(
      ({ type, status, reason, message }) => `${type}=${status}: ${look.say(message ?? reason)}`,
    ),
    ...(pods === undefined
      ? []
      : [
          `requested: ${share('cpu', cpuText)}, ${share('memory', memoryText)}, pods ${running.length} of ${plainText(allocatable['pods'])}`,
          ...namespaceLines(running),
        ]),
  ];
});

function namespaceLines(pods: readonly Pod[]): string[] {
  const groups = [...Map.groupBy(pods, pod => pod.metadata.namespace ?? '')]
    .map(([namespace, own]) => ({ namespace, own }))
    .toSorted((left, right) => right.own.length - left.own.length);
  const sum = (own: readonly Pod[], resource: string) =>
    own.reduce((total, pod) => total + podResources(pod, resource).requests, 0n);
  return [
    ...groups
      .slice(0, namespacesNamed)
      .map(
        ({ namespace, own }) =>
          `  ${namespace}: ${countOf(own.length, 'pod')}, cpu ${cpuText(sum(own, 'cpu'))}, memory ${memoryText(sum(own, 'memory'))}`,
      ),
    ...(groups.length > namespacesNamed ? [`  and ${groups.length - namespacesNamed} more namespaces`] : []),
  ];
}
