import { expect, test } from 'vitest';
import { readSchedulingMessage } from '../../../src/diagnosis/scheduling/scheduling-message.ts';
import { fc } from '../../support/properties.ts';

test.each([
  [
    '0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
    'resources',
    ['cpu'],
  ],
  [
    '0/4 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 3 Insufficient memory, 2 Insufficient nvidia.com/gpu.',
    'resources',
    ['memory', 'nvidia.com/gpu'],
  ],
  [
    "0/3 nodes are available: 1 node(s) had untolerated taint {a: b}, 2 node(s) didn't match Pod's node affinity/selector.",
    'selector',
    [],
  ],
  ['0/2 nodes are available: 2 node(s) were unschedulable.', 'taint', []],
  ['0/2 nodes are available: 2 Too many pods.', 'resources', ['pods']],
  ["0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports.", 'host-port', []],
  [
    "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match pod topology spread constraints.",
    'spread',
    ['cpu'],
  ],
  ["0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules.", 'affinity', []],
  [
    '0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/2 nodes',
    'volume',
    [],
  ],
  ['no nodes available to schedule pods', undefined, []],
])('%s', (message, stage, short) => {
  expect(readSchedulingMessage(message)).toMatchObject({ stage, short });
});

test('tells pods that are wanted from pods that are kept off', () => {
  expect(readSchedulingMessage("1 node(s) didn't match pod anti-affinity rules.").apart).toBe(true);
  expect(readSchedulingMessage("1 node(s) didn't match pod affinity rules.").apart).toBe(false);
});

test('what making room would help is not taken for a reason', () => {
  const message =
    '0/1 nodes are available: 1 node(s) were unschedulable. preemption: 0/1 nodes are available: 1 Insufficient cpu.';
  expect(readSchedulingMessage(message)).toMatchObject({ stage: 'taint', short: [] });
});

test('no text is too strange', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), text => readSchedulingMessage(text).short.length < 2));
});
