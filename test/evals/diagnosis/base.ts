import type { JsonObject } from '../../../src/core/json.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import * as make from './objects.ts';
import type { Place } from './world.ts';

/** When a dump was taken. */
export const takenMs = Date.parse('2026-11-21T12:00:00Z');
const dayMs = 86_400_000;

export const nodeNames = ['node-1', 'node-2', 'node-3', 'gpu-1'];

const iso = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/** A node as a kubelet reports it; `more` is laid over its spec and status. */
export function nodeOf(name: string, more: JsonObject = {}, nowMs = takenMs): KubeObject[] {
  const index = nodeNames.indexOf(name) + 1;
  const gpu = name.startsWith('gpu');
  const bornMs = nowMs - 40 * dayMs;
  const resources = { cpu: '4', memory: '8131752Ki', pods: '110', 'ephemeral-storage': '94Gi' };
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: type === 'Ready' ? 'True' : 'False',
    reason,
    message,
    lastHeartbeatTime: iso(nowMs - 60_000),
    lastTransitionTime: iso(bornMs),
  });
  const { spec, status, lease, ...rest } = more;
  const renewMs = typeof lease === 'number' ? nowMs - lease * 1_000 : nowMs - 4_000;
  return [
    make.object(undefined, 'Node', name, {
      metadata: {
        uid: `uid-${name}`,
        creationTimestamp: iso(bornMs),
        labels: {
          'kubernetes.io/arch': 'amd64',
          'kubernetes.io/os': 'linux',
          'kubernetes.io/hostname': name,
          'topology.kubernetes.io/zone': index > 2 ? 'eu-1b' : 'eu-1a',
          'topology.kubernetes.io/region': 'eu-1',
          ...(gpu ? { pool: 'gpu' } : { pool: 'general' }),
        },
      },
      spec: {
        podCIDR: `10.244.${index}.0/24`,
        ...(gpu ? { taints: [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }] } : {}),
        ...(spec as JsonObject | undefined),
      },
      status: {
        capacity: resources,
        allocatable: resources,
        addresses: [
          { type: 'InternalIP', address: `10.0.0.${10 + index}` },
          { type: 'Hostname', address: name },
        ],
        conditions: [
          condition(
            'MemoryPressure',
            'KubeletHasSufficientMemory',
            'kubelet has sufficient memory available',
          ),
          condition('DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
          condition('PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
          condition('Ready', 'KubeletReady', 'kubelet is posting ready status'),
        ],
        nodeInfo: {
          architecture: 'amd64',
          containerRuntimeVersion: 'containerd://2.1.4',
          kernelVersion: '6.12.48',
          kubeletVersion: 'v1.36.2',
          kubeProxyVersion: '',
          operatingSystem: 'linux',
          osImage: 'Debian GNU/Linux 13 (trixie)',
          bootID: 'b',
          machineID: 'm',
          systemUUID: 's',
        },
        ...(status as JsonObject | undefined),
      },
      ...rest,
    }),
    make.object({ namespace: 'kube-node-lease' }, 'Lease', name, {
      apiVersion: 'coordination.k8s.io/v1',
      metadata: { creationTimestamp: iso(bornMs) },
      spec: {
        holderIdentity: name,
        leaseDurationSeconds: 40,
        renewTime: new Date(renewMs).toISOString().replace('Z', '000Z'),
      },
    }),
  ];
}

/** What belongs to the cluster beside its nodes: namespaces, classes and the system's own workloads. */
export function systemObjects(namespaces: readonly string[]): KubeObject[] {
  const at = systemPlace;
  const cluster = (kind: string, name: string, more: JsonObject & { apiVersion: string }) =>
    make.object(undefined, kind, name, more);
  return [
    ...['default', 'kube-system', 'kube-public', 'kube-node-lease', ...namespaces].map(name =>
      make.object(undefined, 'Namespace', name, {
        metadata: { labels: { 'kubernetes.io/metadata.name': name } },
        spec: { finalizers: ['kubernetes'] },
        status: { phase: 'Active' },
      }),
    ),
    ...['default', 'kube-system', ...namespaces].flatMap(namespace => [
      make.object({ namespace }, 'ServiceAccount', 'default'),
      make.object({ namespace }, 'ConfigMap', 'kube-root-ca.crt', { data: { 'ca.crt': 'pem' } }),
    ]),
    make.object({ namespace: 'default' }, 'Service', 'kubernetes', {
      metadata: { labels: { component: 'apiserver', provider: 'kubernetes' } },
      spec: {
        clusterIP: '10.96.0.1',
        ports: [{ name: 'https', port: 443, targetPort: 6443, protocol: 'TCP' }],
      },
    }),
    make.object({ namespace: 'default' }, 'EndpointSlice', 'kubernetes', {
      apiVersion: 'discovery.k8s.io/v1',
      metadata: { labels: { 'kubernetes.io/service-name': 'kubernetes' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.10'], conditions: { ready: true } }],
      ports: [{ name: 'https', port: 6443, protocol: 'TCP' }],
    }),
    ...classes(),
    ...clusterRoles(cluster),
    make.object(at, 'ServiceAccount', 'coredns'),
    make.object(at, 'ConfigMap', 'coredns', {
      data: {
        Corefile:
          '.:53 {\n    errors\n    health\n    ready\n    kubernetes cluster.local in-addr.arpa ip6.arpa {\n       pods insecure\n       fallthrough in-addr.arpa ip6.arpa\n    }\n    forward . /etc/resolv.conf\n    cache 30\n    loop\n    reload\n    loadbalance\n}\n',
      },
    }),
    make.deployment(at, 'coredns', {
      podLabels: { 'k8s-app': 'kube-dns' },
      spec: { selector: { matchLabels: { 'k8s-app': 'kube-dns' } } },
      pod: {
        serviceAccountName: 'coredns',
        priorityClassName: 'system-cluster-critical',
        dnsPolicy: 'Default',
        tolerations: [{ key: 'CriticalAddonsOnly', operator: 'Exists' }],
        volumes: [
          { name: 'config', configMap: { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }] } },
        ],
      },
      container: {
        name: 'coredns',
        image: 'registry.k8s.io/coredns/coredns:v1.12.4'.replace('registry.k8s.io/', ''),
        args: ['-conf', '/etc/coredns/Corefile'],
        volumeMounts: [{ name: 'config', mountPath: '/etc/coredns' }],
        ports: [
          { name: 'dns', containerPort: 53, protocol: 'UDP' },
          { name: 'dns-tcp', containerPort: 53 },
          { name: 'metrics', containerPort: 9153 },
        ],
        readinessProbe: { httpGet: { path: '/ready', port: 8181 } },
      },
    }),
    make.object(at, 'Service', 'kube-dns', {
      metadata: { labels: { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true' } },
      spec: {
        clusterIP: '10.96.0.10',
        selector: { 'k8s-app': 'kube-dns' },
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
          { name: 'dns-tcp', port: 53, targetPort: 53 },
        ],
      },
    }),
    make.deployment(at, 'metrics-server', {
      replicas: 1,
      container: {
        name: 'metrics-server',
        image: 'metrics-server/metrics-server:v0.8.0',
        ports: [{ name: 'https', containerPort: 10250 }],
      },
    }),
    make.service(at, 'metrics-server', { ports: [{ name: 'https', port: 443, targetPort: 'https' }] }),
    cluster('APIService', 'v1beta1.metrics.k8s.io', {
      apiVersion: 'apiregistration.k8s.io/v1',
      spec: {
        group: 'metrics.k8s.io',
        version: 'v1beta1',
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: { name: 'metrics-server', namespace: 'kube-system', port: 443 },
      },
      status: {
        conditions: [{ type: 'Available', status: 'True', reason: 'Passed', message: 'all checks passed' }],
      },
    }),
    make.daemonSet(at, 'kube-proxy', {
      pod: {
        hostNetwork: true,
        priorityClassName: 'system-node-critical',
        tolerations: [{ operator: 'Exists' }],
      },
      container: { name: 'kube-proxy', image: 'kube-proxy:v1.36.2', ports: [] },
    }),
    make.deployment(at, 'ingress-nginx-controller', {
      replicas: 1,
      container: {
        name: 'controller',
        image: 'ingress-nginx/controller:v1.14.0',
        args: ['/nginx-ingress-controller', '--controller-class=k8s.io/ingress-nginx'],
        ports: [
          { name: 'http', containerPort: 80 },
          { name: 'https', containerPort: 443 },
        ],
      },
    }),
    make.service(at, 'ingress-nginx-controller', {
      type: 'NodePort',
      ports: [{ name: 'http', port: 80, targetPort: 'http', nodePort: 30080 }],
    }),
    make.deployment(at, 'csi-provisioner', {
      replicas: 1,
      container: {
        name: 'provisioner',
        image: 'acme/csi-provisioner:v5.2.0',
        args: ['--provisioner-name=csi.acme.dev'],
        ports: [],
      },
    }),
  ];
}

/** Classes that a cluster has. */
function classes(): KubeObject[] {
  return [
    make.object(undefined, 'StorageClass', 'standard', {
      apiVersion: 'storage.k8s.io/v1',
      metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: 'csi.acme.dev',
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'WaitForFirstConsumer',
      allowVolumeExpansion: true,
    }),
    make.object(undefined, 'CSIDriver', 'csi.acme.dev', {
      apiVersion: 'storage.k8s.io/v1',
      spec: { attachRequired: true },
    }),
    make.object(undefined, 'IngressClass', 'nginx', {
      apiVersion: 'networking.k8s.io/v1',
      spec: { controller: 'k8s.io/ingress-nginx' },
    }),
    ...['system-cluster-critical', 'system-node-critical'].map((name, index) =>
      make.object(undefined, 'PriorityClass', name, {
        apiVersion: 'scheduling.k8s.io/v1',
        value: 2_000_000_000 + index * 1_000,
      }),
    ),
  ];
}

function clusterRoles(
  cluster: (kind: string, name: string, more: JsonObject & { apiVersion: string }) => KubeObject,
): KubeObject[] {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  return [
    cluster('ClusterRole', 'cluster-admin', {
      apiVersion,
      rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
    }),
    cluster('ClusterRole', 'view', {
      apiVersion,
      rules: [
        {
          apiGroups: ['', 'apps'],
          resources: ['pods', 'services', 'deployments'],
          verbs: ['get', 'list', 'watch'],
        },
      ],
    }),
    cluster('ClusterRoleBinding', 'cluster-admin', {
      apiVersion,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:masters' }],
    }),
  ];
}

export const systemPlace: Place = {
  namespace: 'kube-system',
  way: 'dump',
  name: base => base,
  labels: base => ({ 'app.kubernetes.io/name': base }),
};

/** What else runs in the namespace and is well. */
export function neighbours(at: Place): KubeObject[] {
  return [
    make.configMap(at, 'storefront-settings', { MODE: 'fast' }),
    make.secret(at, 'storefront-keys', ['apiKey']),
    make.deployment(at, 'storefront', {
      container: {
        env: [make.env('API_KEY', { secretKeyRef: { name: at.name('storefront-keys'), key: 'apiKey' } })],
        envFrom: [{ configMapRef: { name: at.name('storefront-settings') } }],
        readinessProbe: { httpGet: { path: '/healthz', port: 'http' }, initialDelaySeconds: 2 },
      },
    }),
    make.service(at, 'storefront', { ports: [{ name: 'http', port: 80, targetPort: 'http' }] }),
    make.ingress(at, 'storefront'),
    make.statefulSet(at, 'database', {
      container: { image: 'acme/database:17', ports: [{ name: 'sql', containerPort: 5432 }] },
    }),
    make.headless(at, 'database', { ports: [{ name: 'sql', port: 5432 }] }),
  ];
}
