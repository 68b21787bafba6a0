import { newId } from '../../src/core/ids.ts';
import type { Store } from '../../src/store/store.ts';
import { roomFor, samplePlan } from '../store/sample-plan.ts';

/** Records a ticket that waits in an environment, and returns its id and a way to reject it. */
export async function recordTicket(
  store: Store,
  environment: string,
): Promise<{ id: string; reject(): Promise<void> }> {
  const plan = samplePlan({ environment, id: newId(), digest: newId() });
  const { id } = plan;
  await store.changes.propose({
    plan,
    record: {
      summary: `Scale web in ${environment}`,
      diff: '- replicas: 3\n+ replicas: 5',
      undo: 'possible',
    },
    state: 'waiting',
    within: roomFor(plan),
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    audit: { event: 'ticketed', changeId: id, environment, facts: {} },
  });
  return {
    id,
    async reject() {
      const audit = { event: 'rejected', changeId: id, environment, facts: {} } as const;
      await store.changes.close({ id, from: 'waiting', to: 'rejected', by: 'alice', audit });
    },
  };
}
