import { humanDuration } from '../duration.ts';
import { conditionOf } from '../kinds/condition.ts';
import type { Pod } from '../kinds/pod.ts';
import { summarizePod } from '../pod-summary.ts';
import { age, ageColumn, column, definePrinter, nameColumn, wideColumn } from './printer.ts';

export const podPrinter = definePrinter('Pod', {
  columns: [
    nameColumn,
    column('Ready', 'Containers that are ready, of all.'),
    column('Status', 'State of the pod as its containers have it.'),
    column('Restarts', 'How often its containers were restarted, and when last.'),
    ageColumn,
    wideColumn('IP', 'Address of the pod.'),
    wideColumn('Node', 'Node the pod runs on.'),
    wideColumn('Nominated Node', 'Node that others are evicted from to make room for it.'),
    wideColumn('Readiness Gates', 'Extra conditions that hold, of those it asks for.'),
  ],
  cells(pod, nowMs) {
    const { ready, containers, status, restarts, lastRestartMs } = summarizePod(pod);
    const when =
      restarts > 0 && lastRestartMs !== undefined ? ` (${humanDuration(nowMs - lastRestartMs)} ago)` : '';
    return [
      pod.metadata.name,
      `${ready}/${containers}`,
      status,
      `${restarts}${when}`,
      age(pod, nowMs),
      pod.status?.podIPs?.[0]?.ip || '<none>',
      pod.spec.nodeName || '<none>',
      pod.status?.nominatedNodeName || '<none>',
      readinessGates(pod),
    ];
  },
});

function readinessGates(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const met = gates.filter(
    gate => conditionOf(pod.status?.conditions, gate.conditionType)?.status === 'True',
  );
  return `${met.length}/${gates.length}`;
}
