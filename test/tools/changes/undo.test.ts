import { describe, expect, test } from 'vitest';
import type { ToolContext } from '../../../src/toolkit/tool.ts';
import { changesUndo } from '../../../src/tools/changes/undo.ts';
import { openTemporary } from '../../store/open-temporary.ts';
import { carryOut, contextOf, propose } from './recorded.ts';

async function planUndo(context: ToolContext, id: string) {
  const parsed = changesUndo.parse({ id });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.run(context);
}

describe('changes_undo', () => {
  test('plans the recorded way back', async () => {
    const { store } = await openTemporary();
    const plan = await propose(store);
    const wayBack = await carryOut(store, plan);
    expect(await planUndo(contextOf(store), plan.id)).toEqual(wayBack);
  });

  test('refuses a change that is not finished', async () => {
    const { store } = await openTemporary();
    const { id } = await propose(store);
    await expect(planUndo(contextOf(store), id)).rejects.toMatchObject({
      code: 'NO_UNDO',
      details: { why: 'it is not finished' },
    });
  });

  test('refuses a change of another environment and names it', async () => {
    const { store } = await openTemporary();
    const plan = await propose(store, { environment: 'dev' });
    await carryOut(store, plan);
    await expect(planUndo(contextOf(store), plan.id)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      hint: 'Call again with environment: dev.',
    });
  });
});
