import { expect, test } from 'vitest';
import { defaultBudget } from '../../src/core/budget.ts';
import { decide, riskOfPlan } from '../../src/core/decision.ts';
import type { Policy } from '../../src/core/policy.ts';
import type { Preview, RiskLevel } from '../../src/core/preview.ts';

const policy: Policy = {
  low: 'allow',
  medium: 'ask',
  high: 'deny',
  approvers: { fourEyes: false },
  elicitation: false,
  maxTargets: 2,
  ticketTtlSeconds: 3600,
  budget: defaultBudget,
  freeze: [],
  protect: [],
};

const wednesday = new Date('2026-11-18T12:00:00Z');

function previewOf(level: RiskLevel, more: Partial<Preview> = {}): Preview {
  return {
    change: {
      kind: 'k8s-patch',
      target: { kind: 'Deployment', name: 'web', namespace: 'shop' },
      uid: 'u',
      patch: {},
    },
    operation: 'update',
    target: { kind: 'Deployment', name: 'web', namespace: 'shop' },
    volatile: [],
    warnings: [],
    alongside: [],
    risk: { level, reasons: ['a reason'] },
    undo: { possible: true },
    serverChecked: true,
    ...more,
  };
}

function decided(previews: Preview[], more: Partial<Policy> = {}, accepted = true, now = wednesday) {
  const rules = { ...policy, ...more };
  return decide({
    previews,
    makers: [],
    risk: riskOfPlan(previews, rules.maxTargets),
    policy: rules,
    policyAccepted: accepted,
    now,
  });
}

test('what a protected object made is protected, and the denial names both', () => {
  const makers = [
    { of: { kind: 'Pod', name: 'web-1' }, target: { kind: 'ReplicaSet', name: 'web-a' }, labels: {} },
    { of: { kind: 'Pod', name: 'web-1' }, target: { kind: 'Deployment', name: 'web' }, labels: { a: 'b' } },
  ];
  for (const protect of [[{ kind: 'Deployment' }], [{ labels: 'a=b' }]]) {
    const denied = decide({
      previews: [],
      makers,
      risk: { level: 'low', reasons: [] },
      policy: { ...policy, protect },
      policyAccepted: true,
      now: wednesday,
    });
    expect(denied).toMatchObject({ verdict: 'deny', rule: 'policy.protect[0]' });
    expect(denied.why).toMatch(/^Pod\/web-1 belongs to what is protected: Deployment\/web is protected/);
  }
});

test.each([
  ['low', 'allow'],
  ['medium', 'ask'],
  ['high', 'deny'],
] as const)('%s risk follows its own verdict and names its rule', (level, verdict) => {
  expect(decided([previewOf(level)])).toMatchObject({ verdict, rule: `policy.${level}` });
});

test('an allow asks while no approver has accepted the policy, a deny stays a deny', () => {
  expect(decided([previewOf('low')], {}, false)).toMatchObject({ verdict: 'ask', rule: 'policy.unaccepted' });
  expect(decided([previewOf('high')], {}, false)).toMatchObject({ verdict: 'deny' });
});

test('a plan is as risky as its worst change, and too many targets are high', () => {
  expect(riskOfPlan([previewOf('low'), previewOf('medium')], 5).level).toBe('medium');
  expect(riskOfPlan([previewOf('low'), previewOf('low'), previewOf('low')], 2)).toMatchObject({
    level: 'high',
  });
});

test('a weekly freeze denies on the wall clock of its time zone and across the turn of the week', () => {
  const freeze = [{ from: 'Fri 17:00', to: 'Mon 08:00', timeZone: 'Europe/Paris', exceptIncidents: true }];
  const at = (text: string) => decided([previewOf('low')], { freeze }, true, new Date(text)).verdict;
  expect(at('2026-11-20T15:59:00Z')).toBe('allow'); // Friday 16:59 in Paris
  expect(at('2026-11-20T16:00:00Z')).toBe('deny'); // 17:00
  expect(at('2026-11-22T12:00:00Z')).toBe('deny'); // Sunday
  expect(at('2026-11-23T06:59:00Z')).toBe('deny'); // Monday 07:59
  expect(at('2026-11-23T07:00:00Z')).toBe('allow'); // 08:00
});

test('what is protected is denied by kind, and by its mark before and after the change', () => {
  const marked = { metadata: { labels: { 'vigie.dev/protected': 'true' } } };
  const protect = [{ kind: 'PersistentVolumeClaim' }, { labels: 'vigie.dev/protected=true' }];
  const claim = { kind: 'PersistentVolumeClaim', name: 'data', namespace: 'shop' };
  expect(decided([previewOf('low', { target: claim })], { protect })).toMatchObject({
    verdict: 'deny',
    rule: 'policy.protect[0]',
  });
  expect(decided([previewOf('low', { before: marked, after: {} })], { protect })).toMatchObject({
    verdict: 'deny',
    rule: 'policy.protect[1]',
  });
  expect(decided([previewOf('low', { before: {}, after: marked })], { protect })).toMatchObject({
    verdict: 'deny',
  });
  expect(decided([previewOf('low', { before: {}, after: {} })], { protect })).toMatchObject({
    verdict: 'allow',
  });
});
