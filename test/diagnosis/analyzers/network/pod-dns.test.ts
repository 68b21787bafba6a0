import { expect, test } from 'vitest';
import { podDnsAnalyzer } from '../../../../src/diagnosis/analyzers/network/pod-dns.ts';
import { healedBy } from '../../../support/healed-by.ts';
import { deployment, namespace, service } from '../../../support/network-objects.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';

const container = 'env: [{name: API_URL, value: "http://api"}]';
const api = namespace('shop') + deployment('api') + service('api');
const dns = service('kube-dns', {
  namespace: 'kube-system',
  spec: 'clusterIP: 10.96.0.10\nselector: {app: coredns}',
  ports: '[{port: 53, protocol: UDP}]',
});

test.each([
  ['of the node', 'dnsPolicy: Default'],
  ['of the node, on its network', 'hostNetwork: true'],
])('pods that name services and ask the DNS %s are found from the spec, and healed', (_, pod) => {
  const { before, after } = healedBy(api + deployment('web', { pod, container }));
  expect(before).toMatchObject([
    { code: 'DNS_POLICY_LEAVES_CLUSTER', object: { kind: 'Deployment', name: 'web' } },
  ]);
  expect(after).toEqual([]);
});

test.each([
  ['as nearly all do', ''],
  ['from the network of the node', 'hostNetwork: true\n      dnsPolicy: ClusterFirstWithHostNet'],
  ['by its address', 'dnsPolicy: None\n      dnsConfig: {nameservers: [10.96.0.10]}'],
  ['by the cache of the node', 'dnsPolicy: None\n      dnsConfig: {nameservers: [169.254.20.10]}'],
])('pods that ask the DNS of the cluster %s are well', (_, pod) => {
  expect(podDnsAnalyzer.analyze(snapshotOf(api + dns + deployment('web', { pod, container })))).toEqual([]);
});

test('pods that ask only others are found', () => {
  const pod = 'dnsPolicy: None\n      dnsConfig: {nameservers: [8.8.8.8]}';
  expect(podDnsAnalyzer.analyze(snapshotOf(api + dns + deployment('web', { pod, container })))).toHaveLength(
    1,
  );
});

test('pods that name no service may ask whom they like', () => {
  expect(podDnsAnalyzer.analyze(snapshotOf(api + deployment('web', { pod: 'dnsPolicy: Default' })))).toEqual(
    [],
  );
});
