import { expect, test } from 'vitest';
import { holdLock } from '../../src/core/held-lock.ts';

test('a lock is taken away once the renewal that runs has ended, and none begins any more', async () => {
  const steps: string[] = [];
  const renewing = Promise.withResolvers<undefined>();
  const held = Promise.withResolvers<undefined>();
  const lock = holdLock({
    everyMs: 1,
    prove: async () => undefined,
    renew: async () => {
      steps.push('renewing');
      renewing.resolve(undefined);
      await held.promise;
      steps.push('renewed');
    },
    remove: async () => {
      steps.push('removed');
    },
  });
  await renewing.promise;
  const released = lock.release();
  // Many more would have begun by now.
  await new Promise(resolve => setTimeout(resolve, 30));
  held.resolve(undefined);
  await released;
  await new Promise(resolve => setTimeout(resolve, 30));
  expect(steps).toEqual(['renewing', 'renewed', 'removed']);
});

test('neither a renewal nor a release that fails is thrown at whoever holds it', async () => {
  const renewed = Promise.withResolvers<undefined>();
  let renewals = 0;
  const lock = holdLock({
    everyMs: 1,
    prove: async () => undefined,
    renew: async () => {
      renewals += 1;
      if (renewals === 2) renewed.resolve(undefined);
      throw new Error('the store is away');
    },
    remove: async () => {
      throw new Error('the store is away');
    },
  });
  await renewed.promise;
  await lock.release();
});
