import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { addApprover, loadApprovers } from '../../src/config/approvers.ts';
import { deriveKey } from '../../src/config/signing.ts';
import { VigieError } from '../../src/core/errors.ts';
import { tooFewPeople } from '../../src/pipeline/too-few-people.ts';
import { temporaryFolder } from '../config/temporary-folder.ts';
import { startVigie } from '../support/start-vigie.ts';

test('with approvers that were forged, or cannot be parsed, nobody could agree, and that is the answer', async () => {
  const live = await startVigie();
  onTestFinished(() => live.stop());
  const { vigie } = live;
  const file = join(await temporaryFolder(), 'approvers.yaml');
  const [environment] = vigie.environments;
  if (environment === undefined) throw new Error('there is no environment');
  const { autoApprover: _, ...asking } = environment;
  const ask = (approvers: typeof vigie.approvers) =>
    tooFewPeople({ peopleIn: () => [], approvers }, asking, { from: [], min: 2 });
  const key = await deriveKey({ passphrase: 'phrase', salt: Buffer.alloc(16, 1).toString('base64') });
  await addApprover({ file, person: 'alice', key, via: 'bash > vigie', now: new Date() });
  expect(await ask(() => loadApprovers(file))).toMatch(/^2 approvers must agree, and test has (none|1)$/);
  await writeFile(file, (await readFile(file, 'utf8')).replaceAll('alice', 'malice'));
  expect(await ask(() => loadApprovers(file))).toMatch(/^who may approve cannot be read: ./);
  await writeFile(file, '{');
  expect(await ask(() => loadApprovers(file))).toMatch(/^who may approve cannot be read: ./);
  const lost = new VigieError('STORE', 'the store is gone');
  await expect(ask(() => Promise.reject(lost))).rejects.toBe(lost);
});
