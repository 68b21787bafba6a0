import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Worth } from '../../src/core/assurance.ts';
import { runTool } from '../../src/pipeline/run-tool.ts';
import { reviewTicket } from '../../src/pipeline/settle.ts';
import type { Vigie } from '../../src/pipeline/vigie.ts';
import { agent, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';

// What an approval is worth, as a daemon of three accounts would have computed it, in everything that says so.

const apart: Worth = { assurance: 'separated', reasons: [], askers: ['carol'], deciders: ['alice'] };
const { signal } = new AbortController();

let started: TestVigie;
let ticket: string;

beforeAll(async () => {
  started = await startVigie();
  const scale = { target: { kind: 'Deployment', name: 'web', namespace: 'shop' }, replicas: 4 };
  ticket = idOf(await started.call('k8s_scale', scale));
});
afterAll(() => started.stop());

function worth(is: Worth): Vigie {
  const vigie: Vigie = {
    ...started.vigie,
    assurance: is.assurance,
    worth: is,
    inForce: async () => vigie,
  };
  return vigie;
}

async function screenFor(vigie: Vigie, login?: string): Promise<string> {
  const opened = await reviewTicket(vigie, {
    id: ticket,
    person: 'alice',
    signal,
    ...(login === undefined ? {} : { login }),
  });
  if ('result' in opened) throw new Error(opened.result.text);
  return opened.review.screen;
}

test('in one process the screen says that whoever has the account can go round Vigie', async () => {
  expect(await screenFor(started.vigie)).toMatch(
    /^Approval {5}advisory: the side that asks runs as the same OS user .* can go round Vigie$/m,
  );
});

test('apart, it says what the asker’s account cannot reach', async () => {
  expect(await screenFor(worth(apart), 'alice')).toMatch(
    /^Approval {5}separated: the asker's account cannot reach the approvers' socket, credentials or store$/m,
  );
});

test('of several reasons against it the first is shown, and that there are more', async () => {
  const reasons = ['alice may reach both sockets', 'agent may read the store', 'x'].map(why => ({
    why,
    todo: 'y',
  }));
  expect(await screenFor(worth({ ...apart, assurance: 'advisory', reasons }))).toMatch(
    /^Approval {5}advisory: alice may reach both sockets; and 2 more, by vigie doctor$/m,
  );
});

test('one OS account on both sides is noted, two are not', async () => {
  expect(await screenFor(worth(apart), 'carol')).toMatch(
    /^Note {9}asked for and approved from one OS account, carol$/m,
  );
  expect(await screenFor(worth(apart), 'alice')).not.toContain('one OS account');
});

test('a ticket, environments_list and the audit say it of whoever asked', async () => {
  const vigie = worth(apart);
  for (const [onBehalfOf, expected, replicas] of [
    ['carol', 'separated', 5],
    ['alice', 'advisory', 6],
    ['root', 'advisory', 7],
  ] as const) {
    const call = { actor: { ...agent, onBehalfOf }, signal, budgetBytes: 40_000 };
    const listed = await runTool(vigie, { ...call, tool: 'environments_list', input: {} });
    expect(listed.data['assurance']).toBe(expected);
    const input = { target: { kind: 'Deployment', name: 'web', namespace: 'shop' }, replicas };
    const asked = await runTool(vigie, { ...call, tool: 'k8s_scale', input });
    expect(asked.text).toContain(`approvals here are ${expected}`);
    const { audit } = await vigie.store();
    const rows = await audit.list({ limit: 1 });
    expect(rows[0]?.facts).toMatchObject({ onBehalfOf, assurance: expected });
  }
});
