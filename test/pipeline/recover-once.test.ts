import { afterEach, expect, test } from 'vitest';
import { VigieError } from '../../src/core/errors.ts';
import { recoverOnce } from '../../src/pipeline/recover.ts';
import type { Vigie } from '../../src/pipeline/vigie.ts';
import { startVigie, type TestVigie } from '../support/start-vigie.ts';

let running: TestVigie | undefined;
afterEach(() => running?.stop());

test('a store that cannot be opened once refuses that change, and not every later one', async () => {
  running = await startVigie();
  const { vigie } = running;
  let opened = 0;
  const full: Vigie = {
    ...vigie,
    store: () => {
      opened += 1;
      return opened === 1 ? Promise.reject(new VigieError('STORE', 'The disk is full.')) : vigie.store();
    },
  };
  const { signal } = new AbortController();
  await expect(recoverOnce(full, signal)).rejects.toMatchObject({ code: 'STORE' });
  await expect(recoverOnce(full, signal)).resolves.toBeUndefined();
  const before = opened;
  await recoverOnce(full, signal);
  expect(opened).toBe(before);
});
