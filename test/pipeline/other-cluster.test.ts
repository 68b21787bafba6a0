import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { recordChecks } from '../../src/cli/doctor/records.ts';
import { limits } from '../../src/core/limits.ts';
import type { Check } from '../../src/desk/checks/check.ts';
import { ownName } from '../../src/pipeline/owner.ts';
import { recover } from '../../src/pipeline/recover.ts';
import { runTool } from '../../src/pipeline/run-tool.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { loadWorld } from '../../src/sandbox/world.ts';
import { agent, askEverything, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';

const signal = new AbortController().signal;
const settings = { kind: 'ConfigMap', name: 'settings', namespace: 'shop' };
let running: TestVigie;
let twin: Sandbox | undefined;

afterEach(async () => {
  await running.stop();
  await twin?.close();
});

/** The same context name from now on leads to another cluster, which looks the same. */
async function swapCluster(): Promise<Sandbox> {
  twin = await startSandbox({ world: await loadWorld('test/fixtures/worlds/small.yaml') });
  writeFileSync(join(running.dir, 'kubeconfig'), twin.kubeconfig(), { mode: 0o600 });
  return twin;
}

test('a change is not undone on another cluster that stands behind the same name', async () => {
  running = await startVigie({ policy: askEverything });
  const deleted = idOf(await running.call('k8s_delete', { target: settings }));
  expect((await running.approve(deleted)).status).toBe('done');
  const other = await swapCluster();
  const elsewhere = await running.reopen();
  const undone = await runTool(elsewhere, {
    tool: 'changes_undo',
    input: { id: deleted },
    actor: agent,
    signal,
    budgetBytes: 40_000,
  });
  expect(undone.data).toMatchObject({
    status: 'failed',
    code: 'WRONG_CLUSTER',
    hint: expect.stringContaining('ask for the change again'),
  });
  expect(other.requests().filter(request => request.dryRun)).toEqual([]);
  await elsewhere.close();
});

test('a change whose process died is left as it is while another cluster stands behind its name', async () => {
  running = await startVigie({ policy: askEverything });
  const id = idOf(
    await running.call('k8s_scale', {
      target: { ...settings, kind: 'Deployment', name: 'web' },
      replicas: 3,
    }),
  );
  const { changes } = await running.vigie.store();
  await changes.claim({
    id,
    owner: ownName,
    leaseMs: 1_000,
    approval: { unsigned: 'sandbox', by: 'test' },
    audit: { event: 'approved', changeId: id, facts: {} },
  });
  running.passTime(limits.leaseMs + 1_000);
  await swapCluster();
  const elsewhere = await running.reopen();
  expect(await recover(elsewhere, signal)).toMatchObject([
    { id, state: 'executing', evidence: [expect.stringContaining('another cluster')] },
  ]);
  expect(await changes.get(id)).toMatchObject({ state: 'executing', evidence: [] });
  const lines: Check[] = [];
  for await (const line of recordChecks(elsewhere, signal)) lines.push(line);
  expect(lines.filter(({ what }) => what.startsWith(id))).toMatchObject([
    { state: 'wrong', what: expect.stringContaining('another cluster') },
  ]);
  await elsewhere.close();
});
