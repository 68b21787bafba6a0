import { expect, test } from 'vitest';
import { Snapshot } from '../../../src/diagnosis/snapshot.ts';
import { nearestVolume, whyNotFor } from '../../../src/diagnosis/storage/volume-fit.ts';
import { fc } from '../../support/properties.ts';

const name = fc.constantFrom('a', 'b', 'c');
const size = fc.constantFrom('1Gi', '10Gi');
const claim = fc.record({ name, size });
const volume = fc.record({
  size,
  storageClassName: fc.constantFrom('', 'by-hand'),
  claimRef: fc.option(fc.record({ name, namespace: fc.constantFrom('shop', 'other') }), { nil: undefined }),
});

test('the nearest volume is as near as looking at each would find, whoever asked before', () => {
  fc.assert(
    fc.property(fc.array(claim, { maxLength: 5 }), fc.array(volume, { maxLength: 6 }), (claims, volumes) => {
      const snapshot = new Snapshot({
        takenAt: new Date(),
        events: [],
        objects: [
          ...claims.map((each, index) => ({
            apiVersion: 'v1',
            kind: 'PersistentVolumeClaim',
            metadata: { name: each.name, namespace: 'shop', uid: `${index}` },
            spec: { storageClassName: 'by-hand', resources: { requests: { storage: each.size } } },
          })),
          ...volumes.map((each, index) => ({
            apiVersion: 'v1',
            kind: 'PersistentVolume',
            metadata: { name: `v${index}` },
            spec: {
              capacity: { storage: each.size },
              storageClassName: each.storageClassName,
              ...(each.claimRef === undefined ? {} : { claimRef: each.claimRef }),
            },
          })),
        ],
      });
      for (const asked of snapshot.of('PersistentVolumeClaim')) {
        const all = snapshot.of('PersistentVolume').map(each => whyNotFor(asked, each).length);
        const found = nearestVolume(asked, snapshot);
        expect(found?.against.length).toBe(all.length === 0 ? undefined : Math.min(...all));
        if (found !== undefined) expect(found.against).toEqual(whyNotFor(asked, found.volume));
      }
    }),
  );
});
