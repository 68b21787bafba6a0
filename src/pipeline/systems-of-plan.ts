import type { Plan } from '../core/plan.ts';
import type { Preview } from '../core/preview.ts';

/** Where the changes of a plan lead beside the cluster, a line each; none for a plan of the cluster alone. */
export function systemLines({ previews }: Plan): string[] {
  return [...new Set(previews.flatMap(linesOf))];
}

/** Whether a person has to know which cluster, and as whom: not where nothing on the way is one. */
export function touchesCluster({ previews }: Plan): boolean {
  return previews.some(preview => {
    const lines = linesOf(preview);
    // A Service is reached through the cluster, and so are programs in a pod.
    return lines.length === 0 || lines.some(line => /^\w+ Service\/|programs on (?!this machine)/.test(line));
  });
}

function linesOf({ change, place = {} }: Preview): string[] {
  if (change.kind === 'metrics-silence') return [`Alertmanager ${change.at}`];
  if (change.kind === 'metrics-dashboard' || change.kind === 'metrics-annotation')
    return [`Grafana ${change.at}`];
  if (change.kind === 'metrics-rule') return [`Folder ${change.directory}`];
  return Object.entries(place).map(([what, where]) => `${what}: ${where}`);
}
