import { describe, expect, test } from 'vitest';
import { diagnose } from '../../../../src/diagnosis/diagnose.ts';
import { deployment, endpoints, service } from '../../../support/network-objects.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';

// What the cluster itself runs: DNS, metrics, network, and the extensions of the API.

const coredns = ({ replicas = 2, ready = 2 } = {}) =>
  deployment('coredns', {
    namespace: 'kube-system',
    replicas,
    container: 'ports: [{name: dns, containerPort: 53, protocol: UDP}]',
    pod: 'volumes: [{name: c, configMap: {name: coredns}}]',
    status: `{replicas: ${replicas}, readyReplicas: ${ready}}`,
  });
const dnsService = service('kube-dns', {
  namespace: 'kube-system',
  spec: 'selector: {app: coredns}',
  ports: '[{name: dns, port: 53, protocol: UDP}]',
});
const corefile = (text: string) => `---
apiVersion: v1
kind: ConfigMap
metadata: {name: coredns, namespace: kube-system}
data: {Corefile: ${JSON.stringify(text)}}
`;
const good = corefile(
  '.:53 {\n  errors\n  kubernetes cluster.local {\n    pods insecure\n  }\n  forward . /etc/resolv.conf\n}\n',
);
const pod = (name: string, owner: string) => `---
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: kube-system, creationTimestamp: "2026-11-01T00:00:00Z", ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: ${owner}, uid: kube-system-${owner}, controller: true}]}
spec: {nodeName: node-1, containers: [{name: web}]}
status: {phase: Running, conditions: [{type: PodScheduled, status: "True"}, {type: Ready, status: "False", lastTransitionTime: "2026-11-01T00:00:00Z"}]}
`;
const findings = (documents: string, rest = {}) => diagnose(snapshotOf(documents, rest)).findings;
const found = (documents: string, rest = {}) =>
  findings(documents, rest).map(({ code, object }) => `${code} ${object.kind}/${object.name}`);

describe('the DNS of the cluster', () => {
  test('that works is well', () => {
    expect(found(coredns() + dnsService + good)).toEqual([]);
  });

  test('that is scaled to zero is one finding, and one replica is offered', () => {
    const all = findings(
      coredns({ replicas: 0, ready: 0 }) + dnsService + good + endpoints('kube-dns', [], 'kube-system'),
    );
    expect(all).toMatchObject([
      {
        code: 'CLUSTER_DNS_DOWN',
        object: { kind: 'Deployment', name: 'coredns' },
        fixes: [{ tool: 'k8s_scale', arguments: { replicas: 1 } }],
      },
    ]);
  });

  test('that is down explains who cannot resolve a name', () => {
    const client =
      '---\napiVersion: v1\nkind: Pod\nmetadata: {name: client, namespace: shop}\nspec: {containers: [{name: main}]}\n';
    const logs = new Map([
      ['shop/client/main', { lines: ['getaddrinfo EAI_AGAIN api.example.com'], previous: false }],
    ]);
    const down = coredns({ ready: 0 }) + pod('coredns-1', 'coredns') + dnsService + good;
    expect(found(down + client, { logs })).toEqual(['CLUSTER_DNS_DOWN Deployment/coredns']);
  });

  test('that forwards to itself says so', () => {
    const logs = new Map([
      [
        'kube-system/coredns-1/web',
        {
          lines: [
            '[FATAL] plugin/loop: Loop (127.0.0.1:55953 -> :1053) detected for zone ".", see https://coredns.io/plugins/loop#troubleshooting.',
          ],
          previous: true,
        },
      ],
    ]);
    expect(found(coredns({ ready: 0 }) + pod('coredns-1', 'coredns') + dnsService + good, { logs })).toEqual([
      'CLUSTER_DNS_LOOP Deployment/coredns',
    ]);
  });

  test.each([
    [
      'a plugin',
      '.:53 {\n  errors\n  forward . 1.1.1.1\n}\n',
      ['CLUSTER_DNS_MISCONFIGURED ConfigMap/coredns'],
    ],
    [
      'a brace',
      '.:53 {\n  kubernetes cluster.local {\n  forward . 1.1.1.1\n}\n',
      ['CLUSTER_DNS_MISCONFIGURED ConfigMap/coredns'],
    ],
    ['only its length, which was not read', '', []],
    ['what another file has', 'import /etc/coredns/custom/*.server\n.:53 {\n  errors\n}\n', []],
  ])('whose Corefile lacks %s', (_, text, expected) => {
    expect(found(coredns() + dnsService + corefile(text))).toEqual(expected);
  });

  test('that no service leads to is told', () => {
    expect(found(coredns() + good)).toEqual(['CLUSTER_DNS_SERVICE_MISSING Deployment/coredns']);
  });
});

test('a DNS whose resolver does not answer is the fault of programs that look names up in vain', () => {
  const line =
    '[ERROR] plugin/errors: 2 api.example.com. A: read udp 10.244.0.5:51431->10.0.0.2:53: i/o timeout';
  const asking = `---
apiVersion: v1
kind: Pod
metadata: {name: pay-1, namespace: shop, creationTimestamp: "2026-11-21T10:00:00Z"}
spec: {nodeName: n1, containers: [{name: pay, image: "shop/pay:1"}]}
status: {phase: Running, containerStatuses: [{name: pay, ready: false, restartCount: 9, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1, reason: Error, finishedAt: "2026-11-21T11:59:00Z"}}}]}
`;
  const read = (lines: string[], says: string) => ({
    logs: new Map([
      ['kube-system/coredns-1/web', { lines, previous: false }],
      ['shop/pay-1/pay', { lines: [says], previous: true }],
    ]),
  });
  const documents = coredns() + dnsService + good + pod('coredns-1', 'coredns') + asking;
  const vain = 'Error: getaddrinfo EAI_AGAIN api.example.com';
  expect(found(documents, read([line, line, line], vain))).toEqual([
    'CLUSTER_DNS_UPSTREAM_SILENT Deployment/coredns',
  ]);
  expect(found(documents, read([line], vain))).toEqual(['CRASH_LOOP Pod/pay-1']);
  expect(found(documents, read([line, line, line], 'Error: bad request'))).toEqual(['CRASH_LOOP Pod/pay-1']);
});

test('a DNS that ends again and again is one finding, with its decisive line; a known reason counts more', () => {
  const crashing = `---
apiVersion: v1
kind: Pod
metadata: {name: coredns-1, namespace: kube-system, creationTimestamp: "2026-11-21T10:00:00Z", labels: {app: coredns}, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: coredns, uid: kube-system-coredns, controller: true}]}
spec: {nodeName: n1, containers: [{name: web, image: coredns/coredns:1}]}
status: {phase: Running, containerStatuses: [{name: web, ready: false, restartCount: 9, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1, reason: Error, finishedAt: "2026-11-21T11:59:00Z"}}}]}
`;
  const owner = coredns({ ready: 0 });
  const logs = new Map([
    ['kube-system/coredns-1/web', { lines: ['plugin/kubernetes: permission denied'], previous: true }],
  ]);
  const all = findings(owner + dnsService + good + crashing, { logs });
  expect(all.map(({ code }) => code)).toEqual(['CLUSTER_DNS_DOWN']);
  expect(all[0]?.evidence.join('\n')).toMatch(/exit code 1, 9 restarts\n.*permission denied/);
  const killed = crashing.replace('exitCode: 1, reason: Error', 'exitCode: 137, reason: OOMKilled');
  expect(findings(owner + dnsService + good + killed).map(({ code }) => code)).not.toContain(
    'CLUSTER_DNS_DOWN',
  );
});

describe('metrics', () => {
  const metricsServer = (ready: number) =>
    deployment('metrics-server', {
      namespace: 'kube-system',
      replicas: 1,
      container: 'ports: [{name: https, containerPort: 10250}]',
      status: `{replicas: 1, readyReplicas: ${ready}}`,
    }) + service('metrics-server', { namespace: 'kube-system', ports: '[{port: 443, targetPort: https}]' });
  const apiService = (status: string) => `---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.metrics.k8s.io}
spec: {group: metrics.k8s.io, version: v1beta1, service: {name: metrics-server, namespace: kube-system}}
status: {conditions: [{type: Available, status: "${status}", reason: MissingEndpoints, message: "endpoints for service/metrics-server in kube-system have no addresses", lastTransitionTime: "2026-11-01T00:00:00Z"}]}
`;
  const autoscaler = `---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: api, namespace: shop, creationTimestamp: "2026-11-01T00:00:00Z"}
spec: {minReplicas: 1, maxReplicas: 4, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: api}, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]}
status: {currentReplicas: 2, desiredReplicas: 2, conditions: [{type: AbleToScale, status: "True"}, {type: ScalingActive, status: "False", reason: FailedGetResourceMetric, lastTransitionTime: "2026-11-01T00:00:00Z", message: "the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)"}]}
`;
  const api = deployment('api', {
    container: 'resources: {requests: {cpu: 100m}}',
    status: '{replicas: 2, readyReplicas: 2, availableReplicas: 2, updatedReplicas: 2}',
  });

  test('that nobody serves are one finding, which explains the autoscalers', () => {
    const all = findings(api + autoscaler);
    expect(all.map(({ code }) => code)).toEqual(['METRICS_SERVER_MISSING']);
    expect(all[0]?.object).toMatchObject({ kind: 'APIService', name: 'v1beta1.metrics.k8s.io' });
  });

  test('whose server is down are one finding, whatever stands on it', () => {
    expect(
      found(
        api +
          autoscaler +
          metricsServer(0) +
          pod('metrics-server-1', 'metrics-server') +
          apiService('False') +
          endpoints('metrics-server', [false], 'kube-system'),
      ),
    ).toEqual(['METRICS_SERVER_DOWN Deployment/metrics-server']);
  });

  test('that cannot be read from kubelets name their certificates', () => {
    const logs = new Map([
      [
        'kube-system/metrics-server-1/web',
        {
          lines: [
            'E0101 scraper.go:149] "Failed to scrape node" err="Get \\"https://10.0.0.1:10250/metrics/resource\\": tls: failed to verify certificate: x509: cannot validate certificate for 10.0.0.1 because it doesn\'t contain any IP SANs" node="n1"',
          ],
          previous: false,
        },
      ],
    ]);
    expect(
      found(metricsServer(0) + pod('metrics-server-1', 'metrics-server') + apiService('False'), { logs }),
    ).toEqual(['METRICS_SERVER_DISTRUSTS_KUBELETS Deployment/metrics-server']);
  });

  test.each([
    ['that answers', apiService('True'), []],
    [
      'that answers for a moment less than two minutes not',
      apiService('False').replace('2026-11-01T00:00:00Z', '2026-11-21T11:59:00Z'),
      [],
    ],
    ['whose service is gone', apiService('False'), ['API_SERVICE_DOWN APIService/v1beta1.metrics.k8s.io']],
  ])('an extension of the API %s', (_, documents, expected) => {
    const own = expected.length === 0 ? metricsServer(1) : '';
    expect(found(documents + own)).toEqual(expected);
  });
});

describe('the network of the pods', () => {
  const node = (name: string, message: string) => `---
apiVersion: v1
kind: Node
metadata: {name: ${name}, creationTimestamp: "2026-11-01T00:00:00Z"}
status: {conditions: [{type: Ready, status: "False", reason: KubeletNotReady, lastTransitionTime: "2026-11-01T00:00:00Z", lastHeartbeatTime: "2026-11-21T11:59:50Z", message: "${message}"}]}
`;
  const waiting = (name: string, message: string) => `---
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: shop, creationTimestamp: "2026-11-21T11:00:00Z"}
spec: {nodeName: node-1, containers: [{name: web}]}
status: {phase: Pending, conditions: [{type: PodScheduled, status: "True"}], containerStatuses: [{name: web, ready: false, restartCount: 0, state: {waiting: {reason: ContainerCreating}}}]}
---
apiVersion: v1
kind: Event
metadata: {name: ${name}-e, namespace: shop}
involvedObject: {kind: Pod, name: ${name}, namespace: shop}
type: Warning
reason: FailedCreatePodSandBox
lastTimestamp: "2026-11-21T11:58:00Z"
message: '${message}'
`;

  test('that is not set up on the nodes is one finding for all of them', () => {
    const message =
      'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized';
    const all = findings(node('n1', message) + node('n2', message));
    expect(all.map(({ code }) => code)).toEqual(['POD_NETWORK_NOT_READY']);
    expect(all[0]?.summary).toContain('2 nodes');
  });

  test('that fails for several workloads of a node is the node’s', () => {
    const message =
      'Failed to create pod sandbox: plugin type="flannel" failed (add): open /run/flannel/subnet.env: no such file or directory';
    expect(found(waiting('a', message) + waiting('b', message))).toEqual(['POD_NETWORK_FAILS Node/node-1']);
    expect(found(waiting('a', message))).not.toContain('POD_NETWORK_FAILS Node/node-1');
  });

  const plugin = (ready: number) => `---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: calico-node, namespace: kube-system, uid: calico, creationTimestamp: "2026-11-01T00:00:00Z"}
spec: {selector: {matchLabels: {k8s-app: calico-node}}, template: {metadata: {labels: {k8s-app: calico-node}}, spec: {hostNetwork: true, containers: [{name: calico-node, image: calico/node:v3, readinessProbe: {exec: {command: [/bin/calico-node, -bird-ready]}}}]}}}
status: {desiredNumberScheduled: 2, currentNumberScheduled: 2, updatedNumberScheduled: 2, numberReady: ${ready}, numberAvailable: ${ready}}
`;
  const agent = (name: string, on: string, since: string) => `---
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: kube-system, creationTimestamp: "2026-11-01T00:00:00Z", labels: {k8s-app: calico-node}, ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: calico-node, uid: calico, controller: true}]}
spec: {nodeName: ${on}, containers: [{name: calico-node, image: calico/node:v3, readinessProbe: {exec: {command: [/bin/calico-node, -bird-ready]}}}]}
status: {phase: Running, conditions: [{type: PodScheduled, status: "True"}, {type: Ready, status: "False", lastTransitionTime: "${since}"}], containerStatuses: [{name: calico-node, ready: false, restartCount: 0, state: {running: {startedAt: "2026-11-01T00:00:00Z"}}}]}
---
apiVersion: v1
kind: Event
metadata: {name: ${name}-e, namespace: kube-system}
involvedObject: {kind: Pod, name: ${name}, namespace: kube-system}
type: Warning
reason: Unhealthy
count: 90
firstTimestamp: "2026-11-21T10:00:00Z"
lastTimestamp: "2026-11-21T11:59:30Z"
message: 'Readiness probe failed: calico/node is not ready: BIRD is not ready: BGP not established with 10.0.0.2'
`;
  const well = (name: string) => node(name, 'kubelet is posting ready status').replace('"False"', '"True"');

  test('that is not set up on one node, where the plugin runs on all, is the node’s', () => {
    const message =
      'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:x';
    expect(found(node('n1', message) + well('n2') + plugin(2))).toEqual(['NODE_NOT_READY Node/n1']);
    const broken = node('n1', message) + well('n2') + plugin(1);
    expect(found(broken)).toEqual(['POD_NETWORK_NOT_READY DaemonSet/calico-node']);
    // Whoever labels pods of another namespace so makes them no plugin.
    const decoy = plugin(2).replace('namespace: kube-system, uid: calico', 'namespace: evil, uid: decoy');
    for (const each of [decoy, decoy.replace('hostNetwork: true, ', '')])
      expect(found(broken + each)).toEqual(['POD_NETWORK_NOT_READY DaemonSet/calico-node']);
  });

  test('whose plugin is not ready on nodes that are is the plugin’s, in its own words', () => {
    const all = findings(
      well('n1') + well('n2') + plugin(1) + agent('calico-1', 'n1', '2026-11-21T10:00:00Z'),
    );
    expect(all).toMatchObject([
      { code: 'POD_NETWORK_AGENT_DOWN', object: { kind: 'DaemonSet', name: 'calico-node' } },
    ]);
    expect(all[0]?.evidence.join(' ')).toContain('BIRD is not ready');
  });

  test.each([
    ['that starts again is left alone', agent('calico-1', 'n1', '2026-11-21T11:59:10Z')],
    ['of a node that is not ready is not its own fault', agent('calico-1', 'n3', '2026-11-21T10:00:00Z')],
  ])('whose plugin %s', (_, pods) => {
    expect(found(well('n1') + well('n2') + plugin(1) + pods)).not.toContain(
      'POD_NETWORK_AGENT_DOWN DaemonSet/calico-node',
    );
  });
});
