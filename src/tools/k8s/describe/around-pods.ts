import { healthOf } from '../../../kubernetes/health.ts';
import type { Service } from '../../../kubernetes/kinds/network.ts';
import type { KubeObject } from '../../../kubernetes/object.ts';
import { matchesLabels, requirementsOf } from '../../../kubernetes/selectors.ts';
import { inNamespaceOf, type Look } from './look.ts';

/** The services that select pods with some labels, each with how its endpoints stand. */
export async function serviceLines(
  object: KubeObject,
  { labels, look }: { labels: Record<string, string> | undefined; look: Look },
): Promise<string[]> {
  const services = await look.list('Service', inNamespaceOf(object));
  const selecting = (services ?? []).filter(service => selects(service, labels));
  const lines: string[] = [];
  for (const service of selecting) {
    const { related } = await look.around(service);
    lines.push(`Service/${service.metadata.name}: ${look.say(healthOf(service, related).reason)}`);
  }
  return lines;
}

function selects({ spec }: Service, labels: Record<string, string> | undefined): boolean {
  const { selector } = spec;
  if (selector === undefined || Object.keys(selector).length === 0) return false;
  return matchesLabels(requirementsOf({ matchLabels: selector }), labels);
}

/** The budgets that cover pods with some labels. */
export async function budgetLines(
  object: KubeObject,
  { labels, look }: { labels: Record<string, string> | undefined; look: Look },
): Promise<string[]> {
  const budgets = await look.list('PodDisruptionBudget', inNamespaceOf(object));
  return (budgets ?? [])
    .filter(({ spec }) => spec.selector !== undefined && matchesLabels(requirementsOf(spec.selector), labels))
    .map(budget => `PodDisruptionBudget/${budget.metadata.name}: ${look.say(healthOf(budget).reason)}`);
}

/** The autoscalers whose target an object is. */
export async function autoscalerLines(object: KubeObject, look: Look): Promise<string[]> {
  const autoscalers = await look.list('HorizontalPodAutoscaler', inNamespaceOf(object));
  return (autoscalers ?? [])
    .filter(
      ({ spec }) =>
        spec.scaleTargetRef.kind === object.kind && spec.scaleTargetRef.name === object.metadata.name,
    )
    .map(autoscaler => {
      const { minReplicas = 1, maxReplicas } = autoscaler.spec;
      const { state, reason } = healthOf(autoscaler);
      return `HorizontalPodAutoscaler/${autoscaler.metadata.name}: ${minReplicas}..${maxReplicas} pods, ${state === 'healthy' ? '' : `${state}: `}${look.say(reason)}`;
    });
}
