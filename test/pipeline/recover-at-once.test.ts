import { expect, onTestFinished, test, vi } from 'vitest';
import { limits } from '../../src/core/limits.ts';
import { recover } from '../../src/pipeline/recover.ts';
import type { Vigie } from '../../src/pipeline/vigie.ts';
import { sampleApproval } from '../store/sample-store.ts';
import { scale } from '../support/gated-run.ts';
import { idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';

// Each run of a worker looks at what a dead process left, and so does every process beside it: several looks at the same
// changes are the rule and not the exception.

const { signal } = new AbortController();

/** Changes whose process died before it wrote anything. */
async function leftBehind(wanted: number): Promise<{ vigie: TestVigie; ids: string[] }> {
  const vigie = await startVigie();
  onTestFinished(() => vigie.stop());
  const { changes } = await vigie.vigie.store();
  const ids: string[] = [];
  for (let replicas = 3; ids.length < wanted; replicas += 1) {
    const id = idOf(await vigie.call('k8s_scale', scale('web', replicas)));
    const { leaseMs } = limits;
    const approval = sampleApproval({ ticket: id });
    const audit = { event: 'approved', changeId: id, facts: { approver: 'alice' } } as const;
    expect(await changes.claim({ id, owner: 'gone', leaseMs, approval, audit })).toEqual({ epoch: 1 });
    ids.push(id);
  }
  vigie.passTime(limits.leaseMs + 1_000);
  return { vigie, ids };
}

/** The same Vigie, which does that once before it reaches its cluster. */
function onceBeforeReach(vigie: Vigie, does: () => Promise<void>): Vigie {
  let done = false;
  const environments = vigie.environments.map(environment => ({
    ...environment,
    reach: async (until: AbortSignal) => {
      if (!done) {
        done = true;
        await does();
      }
      return environment.reach(until);
    },
  }));
  return { ...vigie, environments };
}

/** Once for each time that it was written down, in that order. */
async function recoveredIn({ vigie }: TestVigie): Promise<(string | undefined)[]> {
  const { audit } = await vigie.store();
  const rows = await audit.list({ limit: 50 });
  return rows.flatMap(({ event, changeId }) => (event === 'recovered' ? [changeId] : [])).toReversed();
}

test('of two looks at what was left behind the slower one leaves alone what the other has closed', async () => {
  const { vigie, ids } = await leftBehind(2);
  let faster: Promise<unknown> | undefined;
  const slower = onceBeforeReach(vigie.vigie, async () => {
    faster = recover(vigie.vigie, signal);
    await faster;
  });
  expect(await recover(slower, signal)).toEqual([]);
  expect(await faster).toMatchObject(ids.map(id => ({ id, state: 'interrupted' })));
  expect(await recoveredIn(vigie)).toEqual(ids);
});

test('a look that stood still for longer than a lease leaves what it held to the one that took it over', async () => {
  const { vigie, ids } = await leftBehind(1);
  const { changes } = await vigie.vigie.store();
  const adopt = changes.adopt.bind(changes);
  let other: unknown;
  vi.spyOn(changes, 'adopt').mockImplementationOnce(async input => {
    const adopted = await adopt(input);
    vigie.passTime(limits.leaseMs + 1_000);
    other = await recover(vigie.vigie, signal);
    return adopted;
  });
  expect(await recover(vigie.vigie, signal)).toEqual([]);
  expect(other).toMatchObject([{ id: ids[0], state: 'interrupted' }]);
  expect(await recoveredIn(vigie)).toEqual(ids);
});
