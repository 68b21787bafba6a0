import type { Ref } from '../../../core/ref.ts';
import { cleanLine } from '../../../core/text.ts';
import { controllerOf } from '../../../kubernetes/owners.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import { keyOf, type Snapshot } from '../../snapshot.ts';

// A finding has 1,200 bytes; each is a line, and the first ones tell who it was.
const mostLines = 3;
const summaryChars = 160;

/** What belongs to the cluster itself: a volume that is bound, replicas that an autoscaler sets. */
const ownWriters = [
  'kube-controller-manager',
  'kube-scheduler',
  'kube-apiserver',
  'kubelet',
  'cloud-controller-manager',
  'cluster-autoscaler',
];

/** Objects that were changed through Vigie and by others since. */
export const driftAnalyzer = defineAnalyzer({
  id: 'drift',
  needs: [],
  codes: {
    CHANGED_SINCE: {
      row: 'drift',
      means: 'What was changed through Vigie was changed by others since.',
      decided:
        'The newest change that Vigie recorded on the object, against what wrote to it afterwards. What the cluster itself writes is its work.',
      fixed: 'Repeat the change, or keep what stands: both are right in their place.',
    },
  },

  analyze(snapshot) {
    const seen = new Set<string>();
    return snapshot.changes.flatMap((change): Draft<'CHANGED_SINCE'>[] => {
      // They come newest first: what an older one left was changed by the newer.
      const fresh = change.targets.filter(target => !seen.has(keyOf(target)));
      for (const target of change.targets) seen.add(keyOf(target));
      const [object] = fresh;
      const lines = change.changedSince.filter(isDrift);
      if (object === undefined || lines.length === 0 || comesAndGoes(object, snapshot)) return [];
      return [
        {
          code: 'CHANGED_SINCE',
          severity: 'warning',
          object,
          summary: cleanLine(`others changed it after ${change.tool} (${change.summary})`, summaryChars),
          evidence: [
            ...lines.slice(0, mostLines).map((line, index) => quoteField(`since then, ${index + 1}`, line)),
            quoteField(`change ${change.id} finished`, change.finishedAt),
          ],
          confidence: 'certain',
          fixes: [],
          question: 'Was it meant, or is the change to be made again?',
        },
      ];
    });
  },
});

/** Pods come and go by themselves, and what a controller makes it makes again. */
function comesAndGoes(object: Ref, snapshot: Snapshot): boolean {
  const live = snapshot.get(object);
  return object.kind === 'Pod' || (live !== undefined && controllerOf(live) !== undefined);
}

/** A line names who wrote (`… also changed since by a at 10:00, b at 11:00`), or says that the object is another one or gone. */
function isDrift(line: string): boolean {
  if (line.includes('not looked at')) return false;
  const [, writers] = line.split(' changed since by ');
  return (
    writers === undefined ||
    writers.split(', ').some(each => !ownWriters.some(own => each.startsWith(`${own} `)))
  );
}
