import { isObject } from '../../../core/json.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { readQuantity } from '../../../kubernetes/quantities.ts';
import { defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';

/** Little enough is left that the next rollout, which needs room for pods of both kinds, may not fit. */
const nearlyPercent = 90n;
/** Of any size of pods, what is left then is no room for one of many. */
const usedUpPercent = 95n;

/** Quotas that are used up. That one refuses pods is found with the pods. */
export const quotasAnalyzer = defineAnalyzer({
  id: 'quotas',
  needs: ['ResourceQuota'],
  codes: {
    QUOTA_USED_UP: {
      row: 'quota',
      means: 'A quota is used up: what comes next is refused.',
      decided:
        'status.used is at least 95 % of status.hard, which is not zero, for a resource: too little is left for what comes next.',
      fixed: 'A larger quota, or something that ends or asks for less.',
    },
    QUOTA_NEARLY_USED: {
      row: 'quota',
      means: 'Nine tenths of a quota are used.',
      decided: 'status.used is at least 90 % of status.hard. Always a note.',
      fixed: 'A larger quota before the next rollout.',
    },
  },

  analyze(snapshot) {
    return snapshot.of('ResourceQuota').flatMap(quota => {
      const { hard = {}, used = {} } = quota.status ?? {};
      const shares = Object.entries(hard).flatMap(([name, limit]) => {
        const all = amountOf(limit);
        const taken = amountOf(isObject(used) && Object.hasOwn(used, name) ? used[name] : undefined);
        return all === undefined || taken === undefined || all <= 0n
          ? []
          : [{ name, limit, percent: (taken * 100n) / all }];
      });
      const [first, ...others] = shares
        .filter(({ percent }) => percent >= nearlyPercent)
        .toSorted((a, b) => Number(b.percent - a.percent));
      if (first === undefined) return [];
      const isFull = first.percent >= usedUpPercent;
      const more = others
        .filter(({ percent }) => percent >= usedUpPercent === isFull)
        .map(({ name }) => name);
      const names = [first.name, ...more.slice(0, 2)].join(', ');
      return [
        {
          code: isFull ? ('QUOTA_USED_UP' as const) : ('QUOTA_NEARLY_USED' as const),
          severity: isFull ? ('warning' as const) : ('note' as const),
          object: refOf(quota),
          summary:
            first.percent >= 100n ? `nothing is left of ${names}` : `${first.percent} % of ${names} is used`,
          evidence: [
            quoteField(`status.used.${first.name}`, used[first.name]),
            quoteField(`status.hard.${first.name}`, first.limit),
          ],
          confidence: 'certain' as const,
          fixes: [],
          question: 'Should the quota grow, or should something ask for less?',
          depth: 1,
        },
      ];
    });
  },
});

function amountOf(value: unknown): bigint | undefined {
  return typeof value === 'string' || typeof value === 'number' ? readQuantity(value) : undefined;
}
