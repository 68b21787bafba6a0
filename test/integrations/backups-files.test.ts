import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { allowAgainAndAgain, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';
import { type ResticServer, startResticServer } from './support/restic-server.ts';
import { isInstalled, unlessMissing } from './support/start-program.ts';

let server: ResticServer;
let dir: string;
let shop: TestVigie;

async function start(more = ''): Promise<void> {
  shop = await startVigie({
    policy: `${allowAgainAndAgain}
    secrets: {vault-password: "file:${join(dir, 'password')}"}
    backups:
      destinations:
        vault: {restic: {repository: "${server.repository}", password: vault-password}, media: object-store}
        second: {restic: {repository: "${join(dir, 'second')}", password: vault-password}, media: tape, offSite: true}
      sets:
        uploads: {engine: files, paths: [${join(dir, 'uploads')}], to: [vault], scratch: ${join(dir, 'scratch')}${more}}`,
  });
}

describe.skipIf(!isInstalled('restic') || !isInstalled('rclone'))(
  `files by a real restic${unlessMissing('restic')}${unlessMissing('rclone')}`,
  () => {
    beforeAll(async () => {
      server = await startResticServer();
    });
    afterAll(() => server.close());
    beforeEach(() => {
      dir = mkdtempSync(join(tmpdir(), 'files-'));
      for (const name of ['uploads', 'scratch', 'uploads/deep']) mkdirSync(join(dir, name));
      writeFileSync(join(dir, 'password'), server.password, { mode: 0o600 });
      writeFileSync(join(dir, 'uploads', 'a.txt'), 'first');
      writeFileSync(join(dir, 'uploads', 'deep', 'b.txt'), 'second');
    });
    afterEach(async () => {
      await shop.stop();
      rmSync(dir, { recursive: true, force: true });
    });

    test('a folder is backed up, proven and restored into a new folder, and an undo takes that away', async () => {
      await start();
      const ran = await shop.call('backups_run', { set: 'uploads' });
      expect(ran.text).toContain('its tree stands there by its hash');
      expect(ran.data).toMatchObject({ status: 'done' });
      const drilled = await shop.call('backups_drill', { set: 'uploads' });
      expect(drilled.data).toMatchObject({ status: 'done' });
      expect(drilled.text).toContain('the marker that was written to the source before the copy began');
      expect(readdirSync(join(dir, 'scratch'))).toEqual([]);
      const into = join(dir, 'again');
      const restored = await shop.call('backups_restore', { set: 'uploads', into });
      expect(restored.data).toMatchObject({ status: 'done' });
      expect(readFileSync(join(into, dir, 'uploads', 'deep', 'b.txt'), 'utf8')).toBe('second');
      expect((await shop.call('changes_undo', { id: idOf(restored) })).data).toMatchObject({
        status: 'done',
      });
      expect(existsSync(into)).toBe(false);
    });
  },
);
