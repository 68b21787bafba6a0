import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { printPlaybook } from '../../../src/engine/language/print-playbook.ts';
import { readPlaybook } from '../../../src/engine/language/read-playbook.ts';
import { fc } from '../../support/properties.ts';
import { drawnPlaybook } from './drawn-playbook.ts';

describe('what is printed reads back as the same definition', () => {
  test.each(globSync('playbooks/*/playbook.yaml'))('%s', async file => {
    const read = await readPlaybook(readFileSync(file, 'utf8'));
    expect(read.playbook).toBeDefined();
    if (read.playbook === undefined) return;
    const again = await readPlaybook(await printPlaybook(read.playbook));
    expect(again.playbook).toEqual(read.playbook);
    expect('digest' in again && again.digest).toBe('digest' in read && read.digest);
  });

  test('any that can be read', async () => {
    let readable = 0;
    await fc.assert(
      fc.asyncProperty(drawnPlaybook, async written => {
        const read = await readPlaybook(JSON.stringify(written));
        if (read.playbook === undefined) return;
        readable += 1;
        const printed = await printPlaybook(read.playbook);
        const again = await readPlaybook(printed);
        expect(again.playbook).toEqual(read.playbook);
        expect(await printPlaybook(again.playbook ?? read.playbook)).toBe(printed);
      }),
      { numRuns: 60 },
    );
    expect(readable).toBeGreaterThan(40);
  });
});
