/** Why a node does not take a pod, and whether it might if other pods made room. */
export interface Verdict {
  why: string;
  evictionHelps: boolean;
}

/** The reasons against all nodes, counted, and what making room would help: in the words of the real scheduler. */
export function whyNone(verdicts: readonly (readonly Verdict[])[]): string {
  const nodes = `0/${verdicts.length} nodes are available`;
  const helpless = 'Preemption is not helpful for scheduling';
  const preemption = verdicts.map(against =>
    against.every(({ evictionHelps }) => evictionHelps)
      ? 'No preemption victims found for incoming pod'
      : helpless,
  );
  const reasons = counted(verdicts.flat().map(({ why }) => why));
  return `${nodes}: ${reasons}. no new claims to deallocate, preemption: ${nodes}: ${counted(preemption)}.`;
}

function counted(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ');
}
