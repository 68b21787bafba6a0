import { expect, test } from 'vitest';
import { printPlaybook } from '../../../src/engine/language/print-playbook.ts';
import { readPlaybook } from '../../../src/engine/language/read-playbook.ts';
import { stepsByPath } from '../../../src/engine/rehearsal/steps-by-path.ts';
import { failingBehind, withinReach } from '../../../src/engine/rehearsal/within-reach.ts';
import { fc } from '../../support/properties.ts';
import { drawnPlaybook } from '../language/drawn-playbook.ts';

test('whatever a playbook is made of, what is out of reach goes, its place stays, and the rest reads as it was', async () => {
  let reduced = 0;
  await fc.assert(
    fc.asyncProperty(drawnPlaybook, fc.boolean(), async (written, reaches) => {
      const text = JSON.stringify(written);
      const read = await readPlaybook(reaches ? text.replaceAll('"k8s_scale"', '"backups_run"') : text);
      if (read.playbook === undefined) return;
      const { playbook, left } = withinReach(read.playbook);
      expect(JSON.stringify(playbook)).not.toMatch(/"tool":"(backups_run|nothing)"/);
      const before = stepsByPath(read.playbook);
      const after = stepsByPath(playbook);
      expect([...before.keys()].filter(path => !after.has(path))).toEqual([]);
      for (const path of left.keys())
        expect(before.has(path.replace(/^\.undo\//, '').replace(/\/verify$/, ''))).toBe(true);
      const again = await readPlaybook(await printPlaybook(playbook));
      expect(again.playbook).toEqual(playbook);
      if (left.size === 0) expect(playbook).toEqual(read.playbook);
      else reduced += 1;
      const failing = failingBehind(playbook, undefined);
      const failed = failing && (await readPlaybook(await printPlaybook(failing.playbook)));
      expect(failed?.playbook?.steps.length).toBe(playbook.steps.length + 1);
    }),
    { numRuns: 60 },
  );
  expect(reduced).toBeGreaterThan(10);
});
