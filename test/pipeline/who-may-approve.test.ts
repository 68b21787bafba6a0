import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { trustChecks } from '../../src/cli/doctor/installation.ts';
import { executeTicket } from '../../src/pipeline/execute-ticket.ts';
import { agent, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';

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
