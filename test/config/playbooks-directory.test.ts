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

async function load(text: string) {
  await writeFile(join(dir, 'vigie.yaml'), `${text}environments: {box: {sandbox: {world: shop}}}\n`, {
    mode: 0o600,
  });
  const env = { HOME: dir, VIGIE_HOME: join(dir, 'home'), VIGIE_CONFIG: join(dir, 'vigie.yaml') };
  return loadConfig({ env, systemFolder: join(dir, 'none') });
}

test('a folder of playbooks is part of what is accepted: another one has another hash, none has the old one', async () => {
  const none = await load('');
  const empty = await load('playbooks: {}\n');
  const one = await load('playbooks: {directory: /srv/playbooks}\n');
  const other = await load('playbooks: {directory: /srv/others}\n');
  expect(none.playbooks).toEqual({});
  expect(one.playbooks).toEqual({ directory: '/srv/playbooks' });
  expect(empty.hash).toBe(none.hash);
  expect(new Set([none.hash, one.hash, other.hash]).size).toBe(3);
});

test('a path that depends on where Vigie is started is refused', async () => {
  await expect(load('playbooks: {directory: playbooks}\n')).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining(':1:13: playbooks.directory: must be an absolute path'),
  });
});
