import { describe, expect, test } from 'vitest';
import { changesGet } from '../../../src/tools/changes/get.ts';
import { openTemporary } from '../../store/open-temporary.ts';
import { carryOut, contextOf, propose, readWith } from './recorded.ts';

describe('changes_get', () => {
  test('shows a ticket with its diff and who can decide it', async () => {
    const { store } = await openTemporary();
    const { id } = await propose(store);
    const { data, text } = await readWith(changesGet, { context: contextOf(store), input: { id } });
    expect(data).toMatchObject({
      id,
      state: 'waiting',
      environment: 'prod',
      tool: 'k8s_scale',
      targets: ['Deployment/web in shop'],
      expiresAt: '2026-11-21T12:00:00.000Z',
      truncated: false,
    });
    expect(text).toContain('- replicas: 3\n+ replicas: 5');
    expect(text).toContain(`vigie approve ${id}`);
    expect(text).toContain('"claude" for alice (agent)');
  });

  test('waits for the end and then shows the evidence', async () => {
    const { store } = await openTemporary();
    const plan = await propose(store);
    const said: string[] = [];
    const context = contextOf(store, { progress: message => said.push(message) });
    const waiting = readWith(changesGet, { context, input: { id: plan.id, waitSeconds: 20 } });
    await carryOut(store, plan);
    const { data, text } = await waiting;
    expect(data).toMatchObject({ state: 'done', decidedBy: 'bob', evidence: ['5 of 5 ready'] });
    expect(text).toContain('5 of 5 ready');
    expect(said).toEqual([`waiting for ${plan.id}`]);
  });

  test('stops waiting when the caller goes away', async () => {
    const { store } = await openTemporary();
    const { id } = await propose(store);
    const caller = new AbortController();
    const context = contextOf(store, { signal: caller.signal });
    const waiting = readWith(changesGet, { context, input: { id, waitSeconds: 600 } });
    caller.abort();
    await expect(waiting).rejects.toThrow();
  });

  test('cuts a diff that does not fit and says how to see the rest', async () => {
    const { store } = await openTemporary();
    const diff = Array.from({ length: 5_000 }, (_, n) => `+ line ${n}`).join('\n');
    const { id } = await propose(store, { diff });
    const context = contextOf(store);
    const answer = await readWith(changesGet, { context, input: { id } });
    expect(answer.data['truncated']).toBe(true);
    expect(answer.text).toContain(`vigie changes get ${id}`);
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThanOrEqual(context.budgetBytes);
  });

  test('names the nearest ids for one that does not exist', async () => {
    const { store } = await openTemporary();
    const { id } = await propose(store);
    const wrong = id.slice(0, -1) + (id.endsWith('0') ? '1' : '0');
    await expect(
      readWith(changesGet, { context: contextOf(store), input: { id: wrong } }),
    ).rejects.toMatchObject({
      code: 'UNKNOWN_CHANGE',
      details: { nearest: [id] },
    });
  });
});
