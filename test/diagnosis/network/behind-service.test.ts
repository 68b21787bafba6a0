import { expect, test } from 'vitest';
import { servicesBefore, setsBehind } from '../../../src/diagnosis/network/behind-service.ts';
import { snapshotOf } from '../../support/snapshot-of.ts';

const workload = (kind: string, { name, labels }: { name: string; labels: string }) => `
apiVersion: apps/v1
kind: ${kind}
metadata: {name: ${name}, namespace: shop}
spec:
  selector: {matchLabels: {app: ${name}}}
  template: {metadata: {labels: ${labels}}, spec: {containers: [{name: main, image: a}]}}
`;

const snapshot = snapshotOf(
  [
    workload('Deployment', { name: 'web', labels: '{app: web, tier: front}' }),
    workload('Deployment', { name: 'api', labels: '{app: api, tier: front}' }),
    workload('StatefulSet', { name: 'db', labels: '{app: db}' }),
    ...[
      ['one', '{app: web}'],
      ['two', '{tier: front}'],
      ['both', '{tier: front, app: api}'],
      ['nobody', '{app: web, tier: back}'],
      ['pod', '{statefulset.kubernetes.io/pod-name: db-0}'],
      ['other', '{statefulset.kubernetes.io/pod-name: web-0}'],
      ['version', '{app: web, pod-template-hash: abc}'],
      ['job', '{job-name: web}'],
      ['all', '{}'],
    ].map(
      ([name, selector]) => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: shop}
spec: {selector: ${selector}, ports: [{port: 80}]}
`,
    ),
  ].join('---'),
);

const behind = (name: string) => {
  const service = snapshot.find('Service', { name, namespace: 'shop' });
  if (service === undefined) throw new Error(`there is no service ${name}`);
  return setsBehind(service, snapshot).map(({ object }) => object.metadata.name);
};

test.each([
  ['one', ['web']],
  ['two', ['api', 'web']],
  ['both', ['api']],
  ['nobody', []],
  ['pod', ['db']],
  ['other', []],
  ['version', ['web']],
  // Only pods of jobs get that label.
  ['job', []],
  ['all', []],
])('service %s leads to %j', (name, sets) => {
  expect(behind(name)).toEqual(sets);
});

test('a workload knows the services before it', () => {
  const web = snapshot.podSets.find(({ object }) => object.metadata.name === 'web');
  if (web === undefined) throw new Error('there is no web');
  expect(servicesBefore(web, snapshot).map(({ metadata }) => metadata.name)).toEqual([
    'one',
    'two',
    'version',
  ]);
});
