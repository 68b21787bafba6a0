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
});
