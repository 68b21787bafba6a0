import type { Pod } from '../../../kubernetes/kinds/pod.ts';
import type { KubeObject } from '../../../kubernetes/object.ts';
import { isReady } from '../../../kubernetes/pod-readiness.ts';
import { podReferences } from '../../../kubernetes/pod-references.ts';
import { type PodSummary, summarizePod } from '../../../kubernetes/pod-summary.ts';
import { describeTrouble, type PodTrouble, podTrouble } from '../../../kubernetes/pod-trouble.ts';
import { countBy, countText } from '../counts.ts';
import type { Look } from './look.ts';

// Each is a question of its own to the server; a pod that names more is rare.
const mostReferences = 20;
const troublesNamed = 3;

/** `pods: 3: 2 Running, 1 CrashLoopBackOff; 2 ready, 5 restarts`, and the first troubles among them. */
export function podLines(pods: readonly Pod[], look: Look): string[] {
  const summaries = pods.map(summarizePod);
  const troubles = pods.flatMap(pod => {
    const trouble = podTrouble(pod);
    return trouble === undefined ? [] : [{ name: pod.metadata.name, trouble }];
  });
  const worst = troubles.toSorted(
    (left, right) => Number(right.trouble.decisive) - Number(left.trouble.decisive),
  );
  return [
    `pods: ${pods.length}${countText(countBy(summaries.map(({ status }) => status)))}${readyText(pods, summaries)}`,
    ...worst
      .slice(0, troublesNamed)
      .map(({ name, trouble }) => `  Pod/${name}: ${look.say(describeTrouble(trouble))}${whereWhy(trouble)}`),
    ...(worst.length > troublesNamed ? [`  and ${worst.length - troublesNamed} more in trouble`] : []),
  ];
}

function readyText(pods: readonly Pod[], summaries: readonly PodSummary[]): string {
  const ended = summaries.filter(each => each.status === 'Completed').length;
  const ready = pods.filter(isReady).length;
  const restarts = summaries.reduce((sum, each) => sum + each.restarts, 0);
  const facts = [
    ...(ready + ended === pods.length ? [] : [`${ready} ready`]),
    ...(restarts === 0 ? [] : [`${restarts} restarts`]),
  ];
  return facts.length === 0 ? '' : `; ${facts.join(', ')}`;
}

/** A program that ends by itself has said why in its log, which the cluster's status does not hold. */
function whereWhy({ reason, exitCode }: PodTrouble): string {
  return reason === 'CrashLoopBackOff' && exitCode !== undefined
    ? ' (its last words: k8s logs --previous)'
    : '';
}

/** What a pod spec names: how many are there, and each that is missing. */
export async function referenceLines(
  { metadata }: KubeObject,
  { spec, look }: { spec: object; look: Look },
): Promise<string[]> {
  const references = podReferences(spec);
  const named: string[] = [];
  const missing: string[] = [];
  for (const { kind, name, optional } of references.slice(0, mostReferences)) {
    const exists = await look.exists(kind, { name, namespace: metadata.namespace });
    if (exists === true) named.push(`${kind}/${name}`);
    if (exists === false) missing.push(`${kind}/${name}${optional ? ' (optional)' : ''}`);
  }
  if (references.length > mostReferences)
    look.note('what the pod names', `only the first ${mostReferences} were looked for`);
  return [
    ...(named.length === 0 ? [] : [`uses: ${named.join(', ')}`]),
    ...(missing.length === 0 ? [] : [`MISSING: ${missing.join(', ')}`]),
  ];
}
