import { expect, onTestFinished, test, vi } from 'vitest';
import { limits } from '../../src/core/limits.ts';
import { Fence } from '../../src/pipeline/fence.ts';
import { ownName } from '../../src/pipeline/owner.ts';
import { sampleApproval } from '../store/sample-store.ts';
import { scale } from '../support/gated-run.ts';
import { idOf, startVigie } from '../support/start-vigie.ts';

/** A change that this process executes. */
async function held(): Promise<Fence> {
  const vigie = await startVigie();
  onTestFinished(() => vigie.stop());
  const id = idOf(await vigie.call('k8s_scale', scale('web', 3)));
  const { changes } = await vigie.vigie.store();
  const claimed = await changes.claim({
    id,
    owner: ownName,
    leaseMs: limits.leaseMs,
    approval: sampleApproval({ ticket: id }),
    audit: { event: 'approved', changeId: id, facts: { approver: 'alice' } },
  });
  const fence = new Fence(vigie.vigie, { id, epoch: claimed?.epoch ?? -1 });
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  return fence;
}

test('lets a write through, which is known from then on', async () => {
  const fence = await held();
  expect(fence.passed).toBe(false);
  await fence.check();
  expect(fence.passed).toBe(true);
});

test('lets none through where so much time went by while it asked that the answer may be old', async () => {
  const fence = await held();
  const checking = fence.check();
  vi.setSystemTime(Date.now() + limits.leaseMs / 2 + 1_000);
  await expect(checking).rejects.toMatchObject({ code: 'TICKET_CLOSED' });
  expect(fence.passed).toBe(false);
});

test('does again once it has asked anew and the lease is its own still', async () => {
  const fence = await held();
  vi.setSystemTime(Date.now() + limits.leaseMs * 2);
  await fence.check();
  expect(fence.passed).toBe(true);
});
