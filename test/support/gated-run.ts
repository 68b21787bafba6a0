import { addApprover } from '../../src/config/approvers.ts';
import { loadConfig } from '../../src/config/config.ts';
import { newId } from '../../src/core/ids.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { CallResult } from '../../src/core/result.ts';
import type { CallGate } from '../../src/pipeline/call.ts';
import { type GateOrder, proposeGate } from '../../src/pipeline/propose-gate.ts';
import { cheapKey, type TestVigie } from './start-vigie.ts';

const signal = new AbortController().signal;

/** A run of a playbook as the pipeline sees it: what it asks at a gate, and what it calls later. */
export function gatedRun(test: TestVigie, run = newId()) {
  const actor = { kind: 'playbook', name: 'trial', via: 'engine', onBehalfOf: 'carol', run } as const;
  const ask = (more: Partial<GateOrder> = {}): Promise<CallResult[]> =>
    proposeGate(test.vigie, {
      actor,
      ids: [newId()],
      path: 'gate',
      calls: [{ path: 'up', tool: 'k8s_scale', input: scale('web', 3) }],
      from: [],
      expiresSeconds: 3_600,
      signal,
      budgetBytes: 40_000,
      ...more,
    });
  return {
    run,
    actor,
    /** Asks, and gives the tickets. */
    async propose(more: Partial<GateOrder> = {}): Promise<string[]> {
      const answers = await ask(more);
      return answers.map(({ data, text }) => {
        if (typeof data['ticket'] !== 'string') throw new Error(`no ticket: ${text}`);
        return data['ticket'];
      });
    },
    ask,
    /** What the step behind the gate calls. */
    call(
      tickets: readonly string[],
      more: { input?: JsonObject; tool?: string; gate?: Partial<CallGate>; changeId?: string } = {},
    ): Promise<CallResult> {
      return test.call(more.tool ?? 'k8s_scale', more.input ?? scale('web', 3), {
        actor,
        gate: { path: 'up', tickets, from: [], seats: 1, ...more.gate },
        ...(more.changeId === undefined ? {} : { changeId: more.changeId }),
      });
    },
  };
}

export function scale(name: string, replicas: number): JsonObject {
  return { target: { kind: 'Deployment', name, namespace: 'shop' }, replicas };
}

/** Makes bob an approver too, by alice's word. */
export async function addBob(test: TestVigie): Promise<void> {
  const { approversFile } = await loadConfig({ file: test.configFile, env: test.env });
  await addApprover({
    file: approversFile,
    person: 'bob',
    key: await cheapKey('bob'),
    by: { person: 'alice', key: test.key },
    via: 'vitest',
    now: new Date(Date.now() - 24 * 3_600_000),
  });
}

export async function byBob(test: TestVigie, id: string): Promise<CallResult> {
  return test.approve(id, { person: 'bob', key: await cheapKey('bob') });
}
