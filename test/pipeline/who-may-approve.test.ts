import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { trustChecks } from '../../src/cli/doctor/installation.ts';
import { addApprover } from '../../src/config/approvers.ts';
import type { SigningKey } from '../../src/config/signing.ts';
import { executeTicket } from '../../src/pipeline/execute-ticket.ts';
import { checkPerson } from '../../src/pipeline/may-approve.ts';
import { samplePlan } from '../store/sample-plan.ts';
import { agent, cheapKey, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';

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

function nameLogins(vigie: TestVigie, person: string, logins: string): void {
  const text = readFileSync(vigie.configFile, 'utf8');
  const named = text.replace(new RegExp(`${person}: \\{`), `${person}: {logins: [${logins}], `);
  expect(named).not.toBe(text);
  writeFileSync(vigie.configFile, named, { mode: 0o600 });
}

test('with four eyes nobody is a second person beside a login that is nobody in vigie.yaml', async () => {
  const vigie = await start('{fourEyes: true}');
  const actor = { ...agent, onBehalfOf: 'laptop-7' };
  const id = idOf(await vigie.call('k8s_scale', { target: web, replicas: 3 }, { actor }));
  await expect(vigie.approve(id)).rejects.toMatchObject({
    code: 'NOT_AN_APPROVER',
    message: expect.stringContaining('laptop-7'),
    hint: expect.stringContaining('logins'),
  });
  nameLogins(vigie, 'alice', 'laptop-7, alice-work');
  await expect(vigie.approve(id)).rejects.toMatchObject({
    code: 'NOT_AN_APPROVER',
    message: expect.stringContaining('alice asked for this change'),
  });
  writeFileSync(vigie.configFile, readFileSync(vigie.configFile, 'utf8').replace('laptop-7, ', ''), {
    mode: 0o600,
  });
  nameLogins(vigie, 'bob', 'laptop-7');
  expect((await vigie.approve(id)).status).toBe('done');
});

test('doctor says what four eyes are worth on one account', async () => {
  const vigie = await start('{fourEyes: true}');
  const said: string[] = [];
  for await (const { what } of trustChecks(vigie.vigie)) said.push(what);
  expect(said).toContainEqual('four eyes (test): keys made on one account are a checklist');
});

/** Adds a person as `vigie approvers add` does, with its row in the audit. */
async function add(vigie: TestVigie, person: string, account: string): Promise<SigningKey> {
  const file = join(vigie.dir, 'config', 'approvers.yaml');
  const key = await cheapKey(person);
  const by = { person: 'alice', key: vigie.key };
  // The file may say any time.
  const added = await addApprover({ file, person, key, by, via: 'bash', now: new Date(0) });
  const facts = { approver: person, publicKey: added.publicKey, onBehalfOf: account };
  await (await vigie.vigie.store()).audit.append({ event: 'approver_added', facts });
  return key;
}

test('with four eyes an approver is no second person within a day of the row that tells of the addition', async () => {
  const vigie = await start('{fourEyes: true}');
  const key = await add(vigie, 'bob', 'carol');
  const asked = () => vigie.call('k8s_scale', { target: web, replicas: 3 });
  const id = idOf(await asked());
  await expect(vigie.approve(id, { person: 'bob', key })).rejects.toMatchObject({
    code: 'NOT_AN_APPROVER',
    message: expect.stringMatching(/bob is an approver since .* from \d{4}-/),
  });
  vigie.passTime(23 * 3_600_000);
  await expect(vigie.approve(id, { person: 'bob', key })).rejects.toMatchObject({ code: 'NOT_AN_APPROVER' });
  vigie.passTime(-23 * 3_600_000);
  expect((await vigie.approve(id)).status).toBe('done');
  const plan = { ...samplePlan(), environment: 'test' };
  vigie.passTime(24 * 3_600_000 + 60_000);
  const [environment] = vigie.vigie.environments;
  if (environment === undefined) throw new Error('no environment');
  const bob = { ...plan, actor: { ...agent, onBehalfOf: 'carol' } };
  await expect(checkPerson(vigie.vigie, { person: 'bob', plan: bob, environment })).resolves.toBeUndefined();
});

test('without four eyes a new approver decides at once', async () => {
  const vigie = await start('{fourEyes: false}');
  const key = await add(vigie, 'bob', 'bob');
  const id = idOf(await vigie.call('k8s_scale', { target: web, replicas: 3 }));
  expect((await vigie.approve(id, { person: 'bob', key })).status).toBe('done');
});

test.each([
  ['carol', true],
  ['bob', false],
])('doctor says whether all keys were made on one account: the second on %s', async (account, one) => {
  const vigie = await start('{fourEyes: true}');
  const facts = { approver: 'alice', publicKey: vigie.key.publicKey, onBehalfOf: 'carol' };
  await (await vigie.vigie.store()).audit.append({ event: 'approver_added', facts });
  await add(vigie, 'bob', account);
  const said: string[] = [];
  for await (const { what } of trustChecks(vigie.vigie)) said.push(what);
  const verdict = 'four eyes (test) not enforceable: all keys were made on one account, carol';
  expect(said.includes(verdict)).toBe(one);
});
