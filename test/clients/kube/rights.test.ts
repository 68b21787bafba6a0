import { expect, test } from 'vitest';
import {
  type Right,
  rightsInCluster,
  rightsInNamespace,
  rightsOfAgent,
} from '../../../src/clients/kube/rights.ts';
import { allKinds } from '../../../src/kubernetes/schema.ts';

/** `apps/deployments patch`, one for each verb on each resource. */
function singly(rights: readonly Right[]): string[] {
  return rights.flatMap(({ group, resources, verbs }) =>
    resources.flatMap(resource => verbs.map(verb => `${group}/${resource} ${verb}`)),
  );
}

const everything = [
  ...rightsInNamespace({ changes: true }),
  ...rightsInCluster({ reads: true, changes: true }),
  ...rightsOfAgent(),
];

test('every namespaced kind of a plain server that can be listed can be read, so that no deletion is blind', () => {
  const kinds = allKinds().filter(kind => kind.namespaced && kind.verbs.includes('list'));
  expect(kinds.length).toBeGreaterThan(20);
  const granted = singly(rightsInNamespace({ changes: false }));
  const wanted = kinds.flatMap(({ group, plural }) => [`${group}/${plural} get`, `${group}/${plural} list`]);
  expect(wanted.filter(right => !granted.includes(right))).toEqual([]);
});

test('no right is a star, and none leads into a container, to a node or to more rights', () => {
  const words = everything.flatMap(({ group, resources, verbs }) => [group, ...resources, ...verbs]);
  expect(words.filter(word => word.includes('*'))).toEqual([]);
  const ways = /\/(exec|attach|portforward|proxy|token|ephemeralcontainers|eviction|binding) /;
  expect(singly(everything).filter(right => ways.test(right))).toEqual([]);
  const givesRights =
    /^(rbac\.|admissionregistration\.|apiregistration\.|certificates\.).* (create|patch|delete|bind|escalate)/;
  expect(singly(everything).filter(right => givesRights.test(right))).toEqual([]);
  expect(singly(everything).filter(right => / (impersonate|bind|escalate|approve)$/.test(right))).toEqual([]);
});

test('where policy denies every change, and for an agent, there are only reads', () => {
  const reads = [
    ...rightsInNamespace({ changes: false }),
    ...rightsInCluster({ reads: true, changes: false }),
    ...rightsOfAgent(),
  ];
  expect(singly(reads).filter(right => !/ (get|list|watch)$/.test(right))).toEqual([]);
});

test('an agent reads no Secrets', () => {
  expect(singly(rightsOfAgent()).filter(right => right.includes('secrets'))).toEqual([]);
});
