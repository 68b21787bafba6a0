import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nightly, startScheduledShop } from '../support/scheduled-shop.ts';
import { makeRepository } from './support/restic-repository.ts';
import { isInstalled, unlessMissing } from './support/start-program.ts';

test.skipIf(!isInstalled('restic'))(
  `once the reference of a repository leads elsewhere, a schedule copies nothing there${unlessMissing('restic')}`,
  { timeout: 120_000 },
  async () => {
    const shop = await startScheduledShop();
    try {
      const at = (name: string) => join(shop.place, name);
      const { password } = makeRepository(shop.place, 'honest');
      const loot = makeRepository(shop.place, 'loot');
      writeFileSync(at('where'), at('honest'), { mode: 0o600 });
      writeFileSync(at('word'), password, { mode: 0o600 });
      await shop.edit(text =>
        text.replace(
          /disk: \{directory: [^}]*\}/,
          `disk: {restic: {repository: "file:${at('where')}", password: "file:${at('word')}"}, media: disk}`,
        ),
      );
      const asked = await shop.call('backups_schedule', { set: 'data', ...nightly });
      expect(asked.text).not.toContain(at('honest'));
      await shop.schedule(nightly);
      const nextNight = async () => {
        shop.passDays(1);
        return (await shop.tick()).ticked.flatMap(({ did }) => did.map(({ text }) => text)).join();
      };
      expect(await nextNight()).toMatch(/^done/);
      writeFileSync(at('where'), at('loot'));
      expect(await nextNight()).toMatch(
        /^plan_changed: .*no longer as it was when its schedule was approved/,
      );
      expect(JSON.parse(loot.run('snapshots', '--json'))).toEqual([]);
    } finally {
      await shop.stop();
    }
  },
);
