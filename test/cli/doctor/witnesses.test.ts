import { execFileSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { recordChecks } from '../../../src/cli/doctor/records.ts';
import type { Check } from '../../../src/desk/checks/check.ts';
import { temporaryFolder } from '../../store/open-temporary.ts';
import { startVigie, type TestVigie } from '../../support/start-vigie.ts';

const { signal } = new AbortController();
let running: TestVigie | undefined;

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function checks({ vigie }: TestVigie): Promise<Check[]> {
  const found: Check[] = [];
  for await (const check of recordChecks(vigie, signal)) found.push(check);
  return found.filter(({ what }) => /witness|took/.test(what));
}

test('without a witness doctor says what does not show, and that is not wrong', async () => {
  running = await startVigie();
  expect(await checks(running)).toEqual([
    {
      area: 'records',
      state: 'note',
      what: 'the audit has no witness: rows that are cut off, or all written anew, do not show',
      todo: 'Name one in vigie.yaml: docs/guides/witness.md',
    },
  ]);
});

test('doctor tells a witness what it has missed, and says up to where, and since when not', async () => {
  const repository = join(await temporaryFolder(), 'witness.git');
  running = await startVigie({ witness: `{journal: false, git: ${repository}}` });
  const { audit } = await running.vigie.store();
  const [missing] = await checks(running);
  const [{ at } = { at: '' }] = await audit.list({ limit: 1 });
  expect(missing).toMatchObject({ state: 'wrong', todo: expect.stringContaining('vigie doctor') });
  expect(missing?.what).toContain(`git ${repository} cannot be read back`);
  expect(missing?.what).toContain('it took nothing yet, unwitnessed since 1');
  expect(missing?.what).toMatch(/failing since \S+Z: .*not a git repository/);
  expect(missing?.what).toContain(`row 1 is of ${at}`);

  execFileSync('git', ['init', '--quiet', '--bare', repository]);
  expect(await checks(running)).toEqual([
    { area: 'records', state: 'fine', what: `witnessed up to 1 by git ${repository}` },
  ]);

  await audit.append({ event: 'ticketed', facts: {} });
  expect(await checks(running)).toEqual([
    { area: 'records', state: 'fine', what: `witnessed up to 1 by git ${repository}, unwitnessed since 2` },
  ]);

  renameSync(repository, `${repository}.away`);
  execFileSync('git', ['init', '--quiet', '--bare', repository]);
  expect(await checks(running)).toMatchObject([
    { state: 'wrong', what: expect.stringContaining('took row 1, and has no row now: lines are gone') },
  ]);
});
