import { cleanLine } from '../../core/text.ts';
import { type Draft, defineAnalyzer } from '../analyzer.ts';
import { quoteField } from '../evidence.ts';
import { keyOf } from '../snapshot.ts';

// A finding has 1,200 bytes; each is a line, and the first ones tell who it was.
const mostLines = 3;
const summaryChars = 160;

/** Objects that were changed through Vigie and by others since. */
export const driftAnalyzer = defineAnalyzer({
  id: 'drift',
  needs: [],
  codes: {
    CHANGED_SINCE: {
      row: 'drift',
      means: 'What was changed through Vigie was changed by others since.',
      decided: 'The newest change that Vigie recorded on the object, against what wrote to it afterwards.',
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
      if (object === undefined || change.changedSince.length === 0) return [];
      return [
        {
          code: 'CHANGED_SINCE',
          severity: 'warning',
          object,
          summary: cleanLine(`others changed it after ${change.tool} (${change.summary})`, summaryChars),
          evidence: [
            ...change.changedSince
              .slice(0, mostLines)
              .map((line, index) => quoteField(`since then, ${index + 1}`, line)),
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
