import { expect, test } from 'vitest';
import { processAncestry } from '../../src/config/process-ancestry.ts';

test('the processes above this one are named, the outermost first, in characters that are safe to show', async () => {
  expect(await processAncestry()).toMatch(/^([\w.+?-]+ > )+vigie$/);
});
