import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resolveSecret } from '../../src/config/secrets.ts';
import { SecretReference } from '../../src/core/secret-reference.ts';
import { place, temporaryFolder } from './temporary-folder.ts';

function reference(text: string): SecretReference {
  return SecretReference.parse(text) ?? expect.unreachable();
}

test('a value comes from the environment or from a file, without the line feed an editor adds', async () => {
  const file = await place(join(await temporaryFolder(), 'secret'), ' hunter2 \n\n');
  expect(await resolveSecret(reference('env:DB'), { DB: 'hunter2' })).toBe('hunter2');
  expect(await resolveSecret(reference(`file:${file}`), {})).toBe(' hunter2 \n');
});

test('what is missing, empty, a folder or too large is refused with the reference and never with content', async () => {
  const folder = await temporaryFolder();
  const large = await place(join(folder, 'large'), 'x'.repeat(1024 * 1024 + 1));
  for (const text of ['env:DB', 'env:EMPTY', `file:${folder}`, `file:${folder}/none`, `file:${large}`]) {
    const refused = resolveSecret(reference(text), { EMPTY: '', OTHER: 'hunter2' });
    await expect(refused).rejects.toMatchObject({ code: 'SECRET', details: { reference: text } });
  }
});

test('a file that everybody may write is refused, and one that others may read is taken', async () => {
  const file = await place(join(await temporaryFolder(), 'secret'), 'hunter2');
  await chmod(file, 0o666);
  await expect(resolveSecret(reference(`file:${file}`), {})).rejects.toMatchObject({
    code: 'SECRET',
    message: expect.stringContaining('everybody may write'),
  });
  await chmod(file, 0o644);
  expect(await resolveSecret(reference(`file:${file}`), {})).toBe('hunter2');
});
