import { expect, test } from 'vitest';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { isSlip, meantName, nearNames, startComparing } from '../../src/diagnosis/slip.ts';
import { snapshotOf } from '../support/snapshot-of.ts';

test('one name alone is meant: a letter or two wrong, or another spelling', () => {
  startComparing();
  expect(meantName('databse', ['database', 'cache', 'database'])).toBe('database');
  expect(meantName('apiKey', ['api-key', 'other'])).toBe('api-key');
  expect(meantName('shop-data-1', ['shop-data-2', 'shop-data-3'])).toBeUndefined();
  expect(meantName('web', ['wob'])).toBeUndefined();
});

test('names that only hold what was written do not crowd out the one that is meant', () => {
  startComparing();
  const longer = ['credentials-of-one', 'credentials-of-two', 'credentials-of-three'];
  expect(meantName('credentials', [...longer, 'credentialz'])).toBe('credentialz');
});

const long = (end: number) => `${'abcdefghij'.repeat(24)}-${end}`;
const many = Array.from({ length: 40_000 }, (_, index) => long(index));

test('past all that comparing may cost no name is near, and none is meant because the others were not looked at', () => {
  startComparing();
  for (const name of many) nearNames(`${name}zzz`, many.slice(0, 200));
  expect(isSlip('databse', 'database')).toBe(false);
  expect(meantName('databse', ['database'])).toBeUndefined();
  expect(nearNames('databse', ['database'])).toEqual([]);
  startComparing();
  expect(meantName('databse', ['database'])).toBe('database');
});

test('what makes one subject compare without end takes nothing from the others', () => {
  const flood = Array.from(
    { length: 1_500 },
    (_, index) => `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: ${long(index)}, namespace: evil}
rules: []
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b${index}, namespace: evil}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${long(index)}zz}
subjects: []
`,
  );
  const victim = `
apiVersion: v1
kind: Secret
metadata: {name: database, namespace: shop}
data: {url: ''}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, envFrom: [{secretRef: {name: databse}}]}]}
`;
  const { findings } = diagnose(snapshotOf([...flood, victim].join('---')));
  const found = findings.find(({ object }) => object.namespace === 'shop');
  expect(found?.cause).toBe('database is there: a slip in the name?');
});
