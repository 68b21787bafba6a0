import { expect, test } from 'vitest';
import { protectedBy } from '../../src/core/protect.ts';

const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
const labelled = (labels: Record<string, string>) => ({ metadata: { labels } });

test('a rule protects only what every part of it fits', () => {
  const rules = [{ kind: 'Deployment', namespace: 'shop', name: 'web' }];
  expect(protectedBy(rules, { target: web })).toEqual({
    rule: 'policy.protect[0]',
    why: 'Deployment/web in shop is protected (kind Deployment, namespace shop, name web)',
  });
  for (const other of [{ kind: 'StatefulSet' }, { name: 'api' }, { namespace: 'payments' }])
    expect(protectedBy(rules, { target: { ...web, ...other } })).toBeUndefined();
});

test('a rule by labels needs the object, with that very value', () => {
  const rules = [{ kind: 'Secret' }, { labels: 'tier=db' }];
  expect(protectedBy(rules, { target: web })).toBeUndefined();
  expect(protectedBy(rules, { target: web, object: labelled({ tier: 'web' }) })).toBeUndefined();
  expect(protectedBy(rules, { target: web, object: labelled({ app: 'web' }) })).toBeUndefined();
  expect(protectedBy(rules, { target: web, object: labelled({ tier: 'db' }) })).toMatchObject({
    rule: 'policy.protect[1]',
  });
});

test('a rule for a namespace does not reach what belongs to none', () => {
  const rules = [{ namespace: 'shop' }];
  expect(protectedBy(rules, { target: { kind: 'ClusterRole', name: 'shop' } })).toBeUndefined();
});
