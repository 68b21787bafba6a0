import { expect, test } from 'vitest';
import { setsMatching, setsOfNamespace } from '../../src/diagnosis/set-index.ts';
import { Snapshot } from '../../src/diagnosis/snapshot.ts';
import { matchesLabels, requirementsOf } from '../../src/kubernetes/selectors.ts';
import { fc } from '../support/properties.ts';

const labels = fc.dictionary(fc.constantFrom('app', 'tier', 'a=b'), fc.constantFrom('x', 'y', '', 'b=x'));
const expression = fc.record({
  key: fc.constantFrom('app', 'tier', 'a=b', 'constructor'),
  operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'),
  values: fc.array(fc.constantFrom('x', 'y', ''), { maxLength: 2 }),
});

test('the index finds what looking at each would find', () => {
  fc.assert(
    fc.property(
      fc.array(labels, { maxLength: 6 }),
      labels,
      fc.array(expression, { maxLength: 2 }),
      (templates, matchLabels, matchExpressions) => {
        const snapshot = new Snapshot({
          takenAt: new Date(),
          events: [],
          objects: templates.map((each, index) => ({
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: { name: `pod-${index}`, namespace: index % 2 === 0 ? 'shop' : 'other', labels: each },
            spec: { containers: [] },
          })),
        });
        const requirements = requirementsOf({ matchLabels, matchExpressions });
        const found = setsMatching(requirements, { namespace: 'shop', snapshot });
        expect(found).toEqual(
          setsOfNamespace(snapshot, 'shop').filter(set => matchesLabels(requirements, set.labels)),
        );
      },
    ),
  );
});
