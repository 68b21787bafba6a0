import { describe, expect, test } from 'vitest';
import { changesList } from '../../../src/tools/changes/list.ts';
import { openTemporary } from '../../store/open-temporary.ts';
import { carryOut, contextOf, propose, readWith } from './recorded.ts';

async function openRecorded() {
  const { store, clock } = await openTemporary();
  const ids: string[] = [];
  for (const environment of ['prod', 'dev', 'prod', 'gone']) {
    const plan = await propose(store, { environment, createdAt: clock.at.toISOString() });
    ids.push(plan.id);
    if (ids.length === 1) await carryOut(store, plan);
    clock.advance(60_000);
  }
  return { store, clock, ids };
}

describe('changes_list', () => {
  test('shows the newest first with state, risk, age and who asked', async () => {
    const { store, clock, ids } = await openRecorded();
    const context = contextOf(store, { now: clock.at });
    const { data, text } = await readWith(changesList, { context, input: {} });
    const lines = text.split('\n');
    expect(lines[0]).toBe('3 changes in prod, dev');
    expect(lines[1]).toBe('ID  STATE  ENVIRONMENT  RISK  AGE  BY  TOOL  SUMMARY');
    expect(lines[2]).toBe(
      `${ids[2]}  waiting  prod  low  2m  alice  k8s_scale  scale Deployment/web in shop to 5`,
    );
    expect(lines.slice(2).map(line => line.slice(0, 8))).toEqual([ids[2], ids[1], ids[0]]);
    expect(lines[4]).toContain('  done  prod  ');
    expect(data).toEqual({ shown: 3, truncated: false });
  });

  test('leaves out environments that are not configured here, and refuses to name one', async () => {
    const { store, ids } = await openRecorded();
    const context = contextOf(store);
    const { text } = await readWith(changesList, { context, input: {} });
    expect(text).not.toContain(ids[3]);
    await expect(readWith(changesList, { context, input: { environment: 'gone' } })).rejects.toMatchObject({
      code: 'UNKNOWN_ENVIRONMENT',
      details: { environments: ['prod', 'dev'] },
    });
  });

  test('filters by environment and state', async () => {
    const { store, ids } = await openRecorded();
    const context = contextOf(store);
    const dev = await readWith(changesList, { context, input: { environment: 'dev', format: 'json' } });
    expect(dev.data['rows']).toMatchObject([{ id: ids[1], environment: 'dev', by: 'alice' }]);
    const done = await readWith(changesList, { context, input: { states: ['done'], format: 'json' } });
    expect(done.data['rows']).toMatchObject([{ id: ids[0], state: 'done' }]);
  });

  test('reaches every change of all environments once by its cursor', async () => {
    const { store, ids } = await openRecorded();
    const context = contextOf(store);
    const seen: unknown[] = [];
    let cursor: unknown;
    do {
      const more = typeof cursor === 'string' ? { cursor } : {};
      const { data } = await readWith(changesList, { context, input: { limit: 1, format: 'json', ...more } });
      seen.push(data['rows']);
      cursor = data['cursor'];
    } while (cursor !== undefined && seen.length < 10);
    expect(seen).toMatchObject([[{ id: ids[2] }], [{ id: ids[1] }], [{ id: ids[0] }]]);
  });

  test('says so when nothing was recorded', async () => {
    const { store } = await openTemporary();
    const { text } = await readWith(changesList, { context: contextOf(store), input: {} });
    expect(text).toBe('no changes in prod, dev');
  });
});
