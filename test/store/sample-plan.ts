import { newId } from '../../src/core/ids.ts';
import type { Plan } from '../../src/core/plan.ts';
import type { Budget } from '../../src/core/policy.ts';
import type { Within } from '../../src/store/budget.ts';

/** A plan of one patch per name given; the first writes `secret` somewhere inside. */
export function samplePlan(some: Partial<Plan> & { names?: readonly string[]; secret?: string } = {}): Plan {
  const { names = ['web'], secret = 'nothing', ...rest } = some;
  const changes = names.map(name => ({
    kind: 'k8s-patch' as const,
    target: { kind: 'Deployment', name, namespace: 'shop', apiVersion: 'apps/v1' },
    uid: `uid-of-${name}`,
    patch: { spec: { replicas: 5, note: secret } },
  }));
  return {
    version: 1,
    id: newId(),
    tool: 'k8s_scale',
    input: { target: { kind: 'Deployment', name: 'web' }, replicas: 5, note: secret },
    environment: 'prod',
    cluster: { uid: 'c1', connection: 'ab', user: 'admin', server: 'https://one.test' },
    actor: { kind: 'agent', name: 'claude', via: 'mcp-stdio', onBehalfOf: 'alice' },
    changes,
    previews: changes.map(change => ({
      change,
      operation: 'update',
      target: change.target,
      uid: change.uid,
      before: { spec: { replicas: 3, note: secret } },
      after: { spec: { replicas: 5, note: secret } },
      volatile: [],
      warnings: [],
      alongside: [],
      risk: { level: 'low', reasons: [] },
      undo: { possible: true },
      serverChecked: true,
    })),
    risk: { level: 'low', reasons: [] },
    digest: newId(),
    waitSeconds: 60,
    createdAt: '2026-11-21T10:00:00.000Z',
    expiresAt: '2026-11-22T10:00:00.000Z',
    ...rest,
  };
}

/** A budget that no test runs into by accident, of the person whom the plan is for. */
export function roomFor(plan: Plan, budget: Partial<Budget> = {}): Within {
  return {
    person: plan.actor.onBehalfOf,
    question: `question of ${plan.digest}`,
    budget: {
      automaticPerHour: 1_000,
      perObjectPerDay: 1_000,
      openTickets: 1_000,
      proposalsPerHour: 1_000,
      coolDownSeconds: 60,
      ...budget,
    },
  };
}
