import { afterEach, expect, test } from 'vitest';
import { limits } from '../../src/core/limits.ts';
import { LocalDesk } from '../../src/desk/local.ts';
import { idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';

let running: TestVigie;
afterEach(() => running.stop());

const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
const deskOf = (login: string, socket: 'agent' | 'approver') =>
  new LocalDesk(running.vigie, { login, answerBytes: limits.responseBytes, socket });
const scale = (desk: LocalDesk, replicas: number) =>
  desk.callTool(
    { tool: 'k8s_scale', input: { target: web, replicas } },
    { signal: new AbortController().signal },
  );

test("at the agents' socket each rejects their own tickets, and another's stays open", async () => {
  running = await startVigie();
  const [alice, bob] = [deskOf('alice', 'approver'), deskOf('bob', 'agent')];
  const id = idOf(await scale(alice, 3));
  await expect(bob.reject({ id })).rejects.toMatchObject({
    code: 'NOT_AN_APPROVER',
    hint: expect.stringContaining(`vigie reject ${id}`),
  });
  expect((await bob.tickets({})).tickets).toMatchObject([{ id }]);
  const own = idOf(await scale(bob, 4));
  expect((await bob.reject({ id: own })).status).toBe('rejected');
});

test('what an agent asks for and rejects at its socket is not denied to people', async () => {
  running = await startVigie();
  const [alice, bob] = [deskOf('alice', 'approver'), deskOf('bob', 'agent')];
  await bob.reject({ id: idOf(await scale(bob, 3)) });
  expect((await scale(bob, 3)).data).toMatchObject({ rule: 'policy.budget.coolDown' });
  expect((await scale(alice, 3)).status).toBe('approval_required');
});

test("what is rejected at the approvers' socket is denied to everybody", async () => {
  running = await startVigie();
  const [carol, bob] = [deskOf('carol', 'approver'), deskOf('bob', 'agent')];
  await carol.reject({ id: idOf(await scale(bob, 3)) });
  expect((await scale(bob, 3)).data).toMatchObject({ rule: 'policy.budget.coolDown' });
  const alice = deskOf('alice', 'agent');
  expect((await scale(alice, 3)).data).toMatchObject({ rule: 'policy.budget.coolDown' });
});

test('stopping changes again and again is one row of the audit, and says since when and by whom they are stopped', async () => {
  running = await startVigie();
  const bob = deskOf('bob', 'agent');
  expect(await bob.stopChanges({ why: 'drill' })).toEqual({});
  const since = await bob.killSwitch();
  for (let again = 0; again < 5; again++)
    expect(await bob.stopChanges({ why: 'x'.repeat(2_000) })).toEqual({ onBefore: since });
  expect(since).toMatchObject({ on: true, by: 'bob', why: 'drill' });
  const rows = await bob.auditRows({ limit: 99 });
  expect(rows.filter(({ event }) => event === 'kill_switch_on')).toHaveLength(1);
});
