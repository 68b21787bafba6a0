import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../../src/core/ids.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { CallResult } from '../../src/core/result.ts';
import { proposeGate } from '../../src/pipeline/propose-gate.ts';
import { runTool } from '../../src/pipeline/run-tool.ts';
import {
  type Cluster,
  deploymentOf,
  describeOnCluster,
  namespaceOf,
  startCluster,
} from './support/on-cluster.ts';
import { type RealVigie, startRealVigie } from './support/start-real-vigie.ts';

// What a real server draws anew at each dry run, and what its controllers write meanwhile, makes no other plan.

const target = { kind: 'Deployment', name: 'web', namespace: 'shop' };
const calls: { path: string; tool: string; input: JsonObject }[] = [
  { path: 'up', tool: 'k8s_scale', input: { target, replicas: 3 } },
  { path: 'set', tool: 'k8s_set', input: { target, image: ['main=shop/web:2'] } },
  { path: 'again', tool: 'k8s_rollout', input: { target, action: 'restart' } },
];

describeOnCluster('a gate on a real cluster', binaries => {
  let cluster: Cluster;
  let running: RealVigie;
  beforeAll(async () => {
    cluster = await startCluster(binaries);
    await cluster.make('/api/v1/namespaces', namespaceOf('shop'));
    await cluster.make('/apis/apps/v1/namespaces/shop/deployments', deploymentOf('web'));
    running = await startRealVigie({ kubeconfig: readFileSync(cluster.kubeconfig, 'utf8') });
  }, 120_000);
  afterAll(async () => {
    await running.stop();
    await cluster.stop();
  });

  test('lets each of its steps through, one after the other on one object, and none twice', async () => {
    const actor = {
      kind: 'playbook',
      name: 'trial',
      via: 'engine',
      onBehalfOf: 'carol',
      run: newId(),
    } as const;
    const { signal } = new AbortController();
    const ticket = newId();
    const [asked] = await proposeGate(running.vigie, {
      actor,
      ids: [ticket],
      path: 'gate',
      calls,
      from: [],
      expiresSeconds: 3_600,
      signal,
      budgetBytes: 40_000,
    });
    expect(asked?.text).toContain('approval_required');
    expect(await running.approve(ticket)).toMatchObject({ status: 'done' });
    const step = ({ path, tool, input }: (typeof calls)[number]): Promise<CallResult> =>
      runTool(running.vigie, {
        tool,
        input,
        actor,
        signal,
        budgetBytes: 40_000,
        gate: { path, tickets: [ticket], from: [], seats: 1 },
      });
    for (const call of calls) expect((await step(call)).status, call.path).toBe('done');
    const [, , again] = calls;
    if (again === undefined) throw new Error('there are three');
    expect(await step(again)).toMatchObject({ status: 'approval_required', data: { rule: 'playbook.gate' } });
  }, 240_000);
});
