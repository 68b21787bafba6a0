import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vigie-config-'));
});
afterEach(() => rm(dir, { recursive: true }));

const one = 'environments: {box: {sandbox: {world: shop}}}\n';
const two = 'environments: {prod: {sandbox: {world: shop}}, staging: {sandbox: {world: shop}}}\n';

async function load(text: string) {
  await writeFile(join(dir, 'vigie.yaml'), text, { mode: 0o600 });
  const env = { HOME: dir, VIGIE_HOME: join(dir, 'home'), VIGIE_CONFIG: join(dir, 'vigie.yaml') };
  return loadConfig({ env, systemFolder: join(dir, 'none') });
}

test('nothing starts by itself that vigie.yaml does not name, and a name alone means the only environment', async () => {
  expect((await load(one)).playbooks.triggers).toBeUndefined();
  expect((await load(`playbooks: {triggers: [heal-oom]}\n${one}`)).playbooks.triggers).toEqual([
    { name: 'heal-oom', environments: ['box'] },
  ]);
  expect(
    (await load(`playbooks: {triggers: [{name: heal-oom, environments: [staging]}]}\n${two}`)).playbooks,
  ).toEqual({ triggers: [{ name: 'heal-oom', environments: ['staging'] }] });
});

test('what may start by itself, and where, is part of what an approver accepts', async () => {
  const files = [
    ...['[]', '[heal-oom]', '[heal-oom, rolling-restart]'].map(
      list => `playbooks: {triggers: ${list}}\n${one}`,
    ),
    ...['staging', 'prod'].map(
      where => `playbooks: {triggers: [{name: heal-oom, environments: [${where}]}]}\n${two}`,
    ),
  ];
  const found: string[] = [];
  for (const file of files) found.push((await load(file)).hash);
  expect(found[0]).toBe((await load(one)).hash);
  expect(new Set(found).size).toBe(5);
});

test.each([
  ['[heal-oom]', two, 'playbooks.triggers.0: say where it may start: {name: heal-oom, environments: [prod]}'],
  ['[heal-oom, heal-oom]', one, 'playbooks.triggers.1: heal-oom is named twice'],
  [
    '[{name: heal-oom, environments: [stagin]}]',
    two,
    'there is no environment stagin (did you mean staging?)',
  ],
  ['[{name: heal-oom, environments: [prod, prod]}]', two, 'prod is named twice'],
  ['[{name: heal-oom, environments: []}]', two, 'names none'],
  ['[../heal-oom]', one, 'must be the name of a playbook'],
  [
    '[{name: heal-oom, enviroments: [prod]}]',
    two,
    'there is no key enviroments (did you mean environments?)',
  ],
])('triggers: %s is refused at its place', async (list, environments, said) => {
  await expect(load(`playbooks: {triggers: ${list}}\n${environments}`)).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining(said),
  });
});
