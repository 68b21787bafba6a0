import { expect, test } from 'vitest';
import { inTurn } from '../../src/core/in-turn.ts';
import { fc } from '../support/properties.ts';

const owner = (item: string) => item.slice(0, 1);

test('each owner has its first before anybody has a second', () => {
  expect(inTurn(['a1', 'a2', 'a3', 'b1', 'c1', 'b2'], owner)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
});

test('nothing is lost or doubled, and the order of each owner stays', () => {
  const items = fc.array(fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom('a', 'b', 'c') }));
  fc.assert(
    fc.property(items, all => {
      const turned = inTurn(all, owner);
      for (const one of ['a', 'b', 'c'])
        expect(turned.filter(item => owner(item) === one)).toEqual(all.filter(item => owner(item) === one));
      expect(turned).toHaveLength(all.length);
    }),
  );
});
