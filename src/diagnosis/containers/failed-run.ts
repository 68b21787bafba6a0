import type { Job } from '../../kubernetes/kinds/batch.ts';
import type { Pod, StateTerminated } from '../../kubernetes/kinds/pod.ts';
import { quoteField, quoteLine } from '../evidence.ts';
import { madeBy } from '../made-by.ts';
import type { Snapshot } from '../snapshot.ts';
import { lastWord } from './last-words.ts';

/** How a run ended, from what is left of its pods. */
export interface FailedRun {
  /** `container main ended with exit code 3`. */
  summary: string;
  evidence: string[];
}

/** The last failure of a job's pods; undefined where none is left, or none says how it ended. */
export function failureOfPods(job: Job, snapshot: Snapshot): FailedRun | undefined {
  const pods = madeBy(job, { kind: 'Pod', snapshot });
  const ends = pods.flatMap(pod => endsOf(pod)).toSorted((a, b) => finishedMs(b.end) - finishedMs(a.end));
  const [last] = ends;
  if (last === undefined) return undefined;
  const { pod, container, end } = last;
  const why = end.reason === undefined || end.reason === 'Error' ? '' : ` (${end.reason})`;
  const said = lastWord(snapshot.logOf(pod, container)?.lines ?? [])?.line;
  return {
    summary: `container ${container} ended with exit code ${end.exitCode}${why}`,
    evidence: [
      quoteField(`Pod/${pod.metadata.name} ${container} exitCode`, end.exitCode),
      ...(said === undefined ? [] : [quoteLine(container, said)]),
    ],
  };
}

function endsOf(pod: Pod): { pod: Pod; container: string; end: StateTerminated }[] {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  return [...initContainerStatuses, ...containerStatuses].flatMap(({ name, state, lastState }) => {
    const end = state?.terminated ?? lastState?.terminated;
    return end === undefined || end.exitCode === 0 ? [] : [{ pod, container: name, end }];
  });
}

function finishedMs({ finishedAt }: StateTerminated): number {
  return Date.parse(finishedAt ?? '') || 0;
}
