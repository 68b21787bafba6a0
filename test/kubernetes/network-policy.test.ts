import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { NetworkPolicy } from '../../src/kubernetes/kinds/network.ts';
import { blockedBy, type Direction, directionsOf, type Path } from '../../src/kubernetes/network-policy.ts';

const end = (labels: Record<string, string>, namespace = 'shop', addresses: string[] = []) => ({
  namespace,
  namespaceLabels: { 'kubernetes.io/metadata.name': namespace, team: namespace === 'shop' ? 'a' : 'b' },
  labels,
  addresses,
});

const path: Path = {
  from: end({ app: 'web' }, 'shop', ['10.42.0.7']),
  to: end({ app: 'db', tier: 'data' }, 'shop', ['10.42.1.9']),
  port: 5432,
  portName: 'sql',
  protocol: 'TCP',
};

function policy(spec: string, namespace = 'shop'): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'p', namespace },
    spec: parse(spec) as NetworkPolicy['spec'],
  };
}

const passes = (specs: string | readonly string[], direction: Direction = 'Ingress', which = path) =>
  blockedBy(which, { direction, policies: [specs].flat().map(spec => policy(spec)) }) === undefined;

describe('what is let in', () => {
  test.each([
    ['no policy at all', [], true],
    ['a policy of other pods', '{podSelector: {matchLabels: {app: cart}}}', true],
    ['no rule', '{podSelector: {}}', false],
    ['an empty rule', '{podSelector: {}, ingress: [{}]}', true],
    ['only a policy for what leaves', '{podSelector: {}, policyTypes: [Egress]}', true],
    [
      'its pods by label',
      '{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}',
      true,
    ],
    ['other pods', '{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: api}}}]}]}', false],
    ['all pods of its own namespace', '{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}', true],
    ['all namespaces', '{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}', true],
    [
      'both selectors in one peer',
      '{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: b}}, podSelector: {matchLabels: {app: web}}}]}]}',
      false,
    ],
    [
      'both selectors in two peers',
      '{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: b}}}, {podSelector: {matchLabels: {app: web}}}]}]}',
      true,
    ],
    [
      'a selector by expressions',
      '{podSelector: {matchExpressions: [{key: tier, operator: Exists}]}, ingress: [{from: [{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}}]}]}',
      false,
    ],
    ['the port by number', '{podSelector: {}, ingress: [{ports: [{port: 5432}]}]}', true],
    ['another port', '{podSelector: {}, ingress: [{ports: [{port: 5433}]}]}', false],
    ['the port by its name', '{podSelector: {}, ingress: [{ports: [{port: sql}]}]}', true],
    ['a range of ports', '{podSelector: {}, ingress: [{ports: [{port: 5000, endPort: 6000}]}]}', true],
    [
      'a range that ends before',
      '{podSelector: {}, ingress: [{ports: [{port: 5000, endPort: 5431}]}]}',
      false,
    ],
    [
      'the port under another protocol',
      '{podSelector: {}, ingress: [{ports: [{port: 5432, protocol: UDP}]}]}',
      false,
    ],
    ['all ports of a protocol', '{podSelector: {}, ingress: [{ports: [{protocol: TCP}]}]}', true],
    [
      'peer and port in different rules',
      '{podSelector: {}, ingress: [{ports: [{port: 1}]}, {from: [{podSelector: {matchLabels: {app: x}}}], ports: [{port: 5432}]}]}',
      false,
    ],
    ['its address', '{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.42.0.0/16}}]}]}', true],
    [
      'its address but for an exception',
      '{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.42.0.0/24]}}]}]}',
      false,
    ],
    ['another block', '{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}]}]}', false],
    [
      'a block that is none',
      '{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: "10.0.0.0/99"}}, {ipBlock: {cidr: here}}]}]}',
      false,
    ],
    [
      'two policies of which one lets it in',
      ['{podSelector: {}}', '{podSelector: {matchLabels: {app: db}}, ingress: [{}]}'],
      true,
    ],
  ] as const)('%s', (_, specs, expected) => {
    expect(passes(specs)).toBe(expected);
  });
});

test('what leaves is judged by the policies of where it comes from', () => {
  expect(passes('{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}', 'Egress')).toBe(false);
  expect(passes('{podSelector: {matchLabels: {app: db}}, policyTypes: [Egress]}', 'Egress')).toBe(true);
  expect(
    passes(
      '{podSelector: {}, egress: [{to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 5432}]}]}',
      'Egress',
    ),
  ).toBe(true);
});

test('types that are left out follow from the rules', () => {
  expect(directionsOf(policy('{podSelector: {}}'))).toEqual(['Ingress']);
  expect(directionsOf(policy('{podSelector: {}, egress: [{}]}'))).toEqual(['Ingress', 'Egress']);
  expect(directionsOf(policy('{podSelector: {}, policyTypes: [Egress]}'))).toEqual(['Egress']);
});

test('of pods whose address nobody knows a private block may hold them, and a public one cannot', () => {
  const unknown = { ...path, from: end({ app: 'web' }) };
  const rule = (cidr: string) => `{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: ${cidr}}}]}]}`;
  expect(passes(rule('10.0.0.0/8'), 'Ingress', unknown)).toBe(true);
  expect(passes(rule('0.0.0.0/0'), 'Ingress', unknown)).toBe(true);
  expect(passes(rule('203.0.113.0/24'), 'Ingress', unknown)).toBe(false);
  const internet =
    '{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16]}}]}]}';
  expect(passes(internet, 'Ingress', unknown)).toBe(false);
});

test('a policy without a spec lets nothing in', () => {
  const { spec: _, ...bare } = policy('{}');
  expect(blockedBy(path, { direction: 'Ingress', policies: [bare as NetworkPolicy] })).toHaveLength(1);
});

test('a policy tells which of its rules nearly fits', () => {
  const near = policy(
    '{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 80}]}, {from: [{podSelector: {matchLabels: {app: x}}}], ports: [{port: 5432}]}]}',
  );
  expect(blockedBy(path, { direction: 'Ingress', policies: [near] })).toEqual([
    { policy: near, peerRule: 0, portRule: 1 },
  ]);
});
