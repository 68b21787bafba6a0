import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { objectsIn } from '../../src/core/json.ts';
import { type ScheduledShop, startScheduledShop } from '../support/scheduled-shop.ts';

let shop: ScheduledShop;

afterEach(async () => shop.stop());

test('a proven copy of staging that is laid into our folder is not ours: it counts nowhere, and its name restores it', async () => {
  shop = await startScheduledShop({
    policy: '{low: allow, medium: allow, high: allow}',
    set: ', retention: {last: 1}',
    more: `
  staging:
    policy: {low: allow, medium: allow, high: allow}
    backups:
      destinations: {lent: {directory: /LENT, media: disk}}
      sets: {data: {engine: sqlite, path: /LIVE, to: [lent]}}
`,
  });
  const at = (name: string): string => join(shop.place, name);
  mkdirSync(at('lent'));
  await shop.edit(text => text.replace('/LENT', at('lent')).replace('/LIVE', at('live.db')));
  const done = async (tool: string, input: object, environment = 'test') => {
    const { status, text } = await shop.call(tool, { environment, ...input });
    expect(status, text).toBe('done');
    return text;
  };
  await done('backups_run', { set: 'data' });
  await done('backups_drill', { set: 'data' });
  const [ours = ''] = readdirSync(at('disk/data'));
  await done('backups_run', { set: 'data' }, 'staging');
  await done('backups_drill', { set: 'data' }, 'staging');
  const [theirs = ''] = readdirSync(at('lent/data'));
  cpSync(at(`lent/data/${theirs}`), at(`disk/data/${theirs}`), { recursive: true });

  const { data } = await shop.call('backups_list', { environment: 'test', set: 'data' });
  expect(objectsIn(data['copies'])).toMatchObject([
    { copy: theirs, state: 'foreign', why: 'it is of the environment staging' },
    { copy: ours, state: 'good' },
  ]);
  const pruned = await shop.call('backups_prune', { environment: 'test', set: 'data' });
  expect(pruned.status).not.toBe('done');
  expect(readdirSync(at('disk/data')).sort()).toEqual([ours, theirs].sort());
  const into = at('again');
  const restored = await done('backups_restore', { set: 'data', into });
  expect(restored).toContain(ours);
  const named = await done('backups_restore', { set: 'data', copy: theirs, into: at('theirs') });
  expect(named).toMatch(/NOT OF THIS ENVIRONMENT: it is of the environment staging, .*live\.db/);
});
