import { expect, test } from 'vitest';
import { defaultBudget } from '../../src/core/budget.ts';
import type { Policy } from '../../src/core/policy.ts';
import { readPlaybook } from '../../src/engine/language/read-playbook.ts';
import { playInSandbox } from '../../src/play/play-in-sandbox.ts';
import { loadWorld } from '../../src/sandbox/world.ts';

const rules: Policy = {
  low: 'ask',
  medium: 'ask',
  high: 'ask',
  approvers: { medium: ['oncall'], fourEyes: true },
  elicitation: false,
  maxTargets: 5,
  ticketTtlSeconds: 3600,
  budget: defaultBudget,
  freeze: [],
  protect: [],
};

async function play(approval: string, approvals?: 'refused') {
  const source = `apiVersion: vigie/v1
kind: Playbook
metadata: {name: trial, title: A trial}
steps:
  - {id: gate, approval: {for: [more]${approval}}}
  - {id: more, tool: k8s_scale, with: {target: {kind: Deployment, name: web, namespace: shop}, replicas: 4, waitSeconds: 120}}
`;
  const read = await readPlaybook(source);
  if (read.playbook === undefined) throw new Error(JSON.stringify(read.mistakes));
  return playInSandbox(
    {
      world: await loadWorld('test/fixtures/worlds/small.yaml'),
      playbook: read.playbook,
      digest: read.digest,
      source,
      inputs: {},
      environment: { name: 'prod', rules, namespaces: ['shop'], clusterScoped: false },
      definitionOf: async name => {
        throw new Error(`there is no ${name}`);
      },
      signal: new AbortController().signal,
      ...(approvals === undefined ? {} : { approvals }),
    },
    {
      version: '0.0.0',
      use: async ({ run, changes }) => ({
        status: run.status,
        gate: run.steps.find(({ path, state }) => path === 'gate' && state === 'done')?.output,
        asked: changes.filter(({ tool }) => tool === 'approval'),
        done: changes.filter(({ tool }) => tool === 'k8s_scale'),
      }),
    },
  );
}

test.each([
  ['', 1],
  [', min: 2, from: [leads]', 2],
])('in a sandbox the people whom a gate asks agree at once (%j)', async (approval, people) => {
  const seen = await play(approval);
  expect(seen.status).toBe('done');
  expect(seen.gate).toMatchObject({ decision: 'approved' });
  expect(seen.asked).toHaveLength(people);
  // One change, under the gate: its own ticket is none.
  expect(seen.done.map(({ state, decidedBy }) => ({ state, decidedBy }))).toEqual([
    { state: 'done', decidedBy: expect.stringContaining('sandbox') },
  ]);
  expect(seen.done[0]?.expiresAt).toBeUndefined();
});

test('and where they are to refuse, nothing is done', async () => {
  const seen = await play('', 'refused');
  expect(seen.status).toBe('failed');
  expect(seen.done).toEqual([]);
});
