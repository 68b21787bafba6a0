import { afterEach, expect, test } from 'vitest';
import { executeTicket } from '../../src/pipeline/execute-ticket.ts';
import { idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';

const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
const signal = new AbortController().signal;
let running: TestVigie | undefined;

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function start(approvers: string, more = ''): Promise<TestVigie> {
  running = await startVigie({
    policy: `{low: ask, medium: ask, high: ask, approvers: ${approvers}${more}}`,
  });
  return running;
}

test("a client's own prompt stands in for no group that the policy names for the risk", async () => {
  const vigie = await start('{low: [leads]}', ', elicitation: true');
  let asked = 0;
  const elicit = async () => {
    asked += 1;
    return 'accept' as const;
  };
  const named = await vigie.call('k8s_scale', { target: web, replicas: 3 }, { elicit });
  expect(named.status).toBe('approval_required');
  expect(asked).toBe(0);
  const approval = { unsigned: 'unauthenticated-client', by: 'test client' } as const;
  await expect(
    executeTicket(vigie.vigie, { id: idOf(named), approval, signal, progress: () => undefined }),
  ).rejects.toMatchObject({ code: 'NOT_AN_APPROVER' });
  const unnamed = await vigie.call('k8s_scale', { target: web, replicas: 1 }, { elicit });
  expect([unnamed.status, asked]).toEqual(['done', 1]);
});
