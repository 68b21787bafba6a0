import type { Change } from '../../../src/core/change.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { limits } from '../../../src/core/limits.ts';
import type { Plan } from '../../../src/core/plan.ts';
import { trusted } from '../../../src/core/trusted-text.ts';
import type { Store } from '../../../src/store/store.ts';
import type { EnvironmentView, ReadResult, Tool, ToolContext } from '../../../src/toolkit/tool.ts';
import { roomFor, samplePlan } from '../../store/sample-plan.ts';
import { sampleApproval } from '../../store/sample-store.ts';
import { noPlaybooks } from '../../support/no-playbooks.ts';
import { noSystems } from '../../support/no-systems.ts';

const leaseMs = 30_000;

export function environment(name: string): EnvironmentView {
  return {
    name,
    cluster: `context ${name}`,
    kind: 'kube',
    namespaces: undefined,
    clusterScoped: false,
    policy: { low: 'allow', medium: 'ask', high: 'deny' },
  };
}

/** A context in which only what concerns recorded changes is used. */
export function contextOf(store: Store, more: Partial<ToolContext> = {}): ToolContext {
  return {
    environment: environment('prod'),
    environments: [environment('prod'), environment('dev')],
    get kube(): never {
      throw new Error('a tool for changes has no business with the cluster');
    },
    systems: noSystems(),
    changes: store.changes,
    playbooks: noPlaybooks(),
    changedSince: async () => [],
    actor: { kind: 'agent', name: 'test', via: 'mcp-stdio', onBehalfOf: 'tester' },
    assurance: 'advisory',
    readOnly: false,
    now: new Date('2026-11-21T10:05:00Z'),
    clusterTime: () => new Date('2026-11-21T10:05:00Z'),
    mask: text => text,
    maskObject: object => object,
    signal: new AbortController().signal,
    progress() {},
    budgetBytes: limits.answerBytes,
    ...more,
  };
}

/** A ticket that waits. */
export async function propose(store: Store, some: Partial<Plan> & { diff?: string } = {}): Promise<Plan> {
  const { diff = '- replicas: 3\n+ replicas: 5', ...rest } = some;
  const plan = samplePlan(rest);
  await store.changes.propose({
    plan,
    record: { summary: 'scale Deployment/web in shop to 5', diff, undo: 'possible' },
    state: 'waiting',
    within: roomFor(plan),
    expiresAt: '2026-11-21T12:00:00.000Z',
    audit: { event: 'ticketed', changeId: plan.id, environment: plan.environment, facts: {} },
  });
  return plan;
}

/** Approves, applies and closes a ticket as the pipeline does; its way back sets three replicas. */
export async function carryOut(store: Store, plan: Plan): Promise<Change[]> {
  const { id } = plan;
  const approval = sampleApproval({ ticket: id });
  const claimed = await store.changes.claim({
    id,
    owner: 'p1',
    leaseMs,
    approval,
    audit: { event: 'approved', changeId: id, facts: {} },
  });
  const epoch = claimed?.epoch ?? -1;
  const wayBack = plan.changes.map(change => ({ ...change, patch: { spec: { replicas: 3 } } }));
  await store.changes.stepStarted({
    id,
    epoch,
    index: 0,
    wayBack: { irreversible: trusted`not applied yet` },
  });
  const applied = { uid: 'uid-of-web', resourceVersion: '7' };
  await store.changes.stepApplied({ id, epoch, index: 0, applied, wayBack });
  await store.changes.stepEnded({ id, epoch, index: 0, state: 'verified', evidence: ['5 of 5 ready'] });
  await store.changes.finish({
    id,
    owner: 'p1',
    epoch,
    state: 'done',
    evidence: ['5 of 5 ready'],
    audit: { event: 'finished', changeId: id, facts: {} },
  });
  return wayBack;
}

export async function readWith(
  tool: Tool,
  call: { context: ToolContext; input: JsonObject },
): Promise<ReadResult> {
  if (tool.kind !== 'read') throw new Error(`${tool.name} does not read`);
  const parsed = tool.parse(call.input);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const result = await parsed.run(call.context);
  tool.output.parse(result.data);
  return result;
}
