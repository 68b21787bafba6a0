import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configuredFamilies } from '../../../src/config/integrations/configured-families.ts';
import { place, temporaryFolder } from '../temporary-folder.ts';

test.each([
  ['a file that names none', 'environments: {prod: {sandbox: {}}}\n', []],
  ['one that only speaks of them', '# metrics: later\nenvironments: {prod: {sandbox: {}}}\n', []],
  [
    'some, of several environments',
    'environments: {a: {metrics: {}}, b: {sandbox: {}, logs: {}}}\n',
    ['metrics', 'logs'],
  ],
  ['a file with a mistake', 'environments: {a: {metrics: {promtheus: x}}}\n', []],
])('%s', async (_what, text, families) => {
  const folder = await temporaryFolder();
  const file = await place(join(folder, 'vigie.yaml'), text);
  const source = { file, env: { HOME: folder }, systemFolder: join(folder, 'etc') };
  expect(await configuredFamilies(source)).toEqual(families);
});

test('no file at all', async () => {
  const folder = await temporaryFolder();
  expect(await configuredFamilies({ env: { HOME: folder }, systemFolder: join(folder, 'etc') })).toEqual([]);
});
