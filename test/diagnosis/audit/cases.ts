/** Each rule with a manifest that breaks it and one that does not. `more`: what stands beside both. */
export interface Case {
  rule: string;
  breaks: string;
  passes: string;
  live?: { serverVersion: string };
}

/** A Deployment that breaks no rule, with another container or pod spec. */
export function deployment(
  facts: { container?: string; pod?: string; spec?: string; namespace?: string } = {},
): string {
  const { container = '', pod = '', spec = 'replicas: 2', namespace = 'shop' } = facts;
  return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: ${namespace}}
spec:
  ${spec}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      automountServiceAccountToken: false
      ${pod === '' ? 'securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}' : pod}
      topologySpreadConstraints:
        - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: web}}}
      containers:
        - name: web
          ${container === '' ? good : container}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: ${namespace}}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
`;
}

const image = 'image: registry/shop/web:1.4';
const secure =
  'securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}';
const resources = 'resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 64Mi}}';
const probes = 'readinessProbe: {tcpSocket: {port: 80}}, livenessProbe: {tcpSocket: {port: 80}}';
const parts = { image, secure, resources, ports: 'ports: [{containerPort: 80}]', probes };

const good = one({});

/** The container with some of its lines replaced. */
function one(other: Partial<typeof parts>): string {
  return Object.values({ ...parts, ...other })
    .flatMap(line =>
      line === probes
        ? probes.split('}}, ').map((each, index) => (index === 0 ? `${each}}}` : each))
        : [line],
    )
    .join('\n          ');
}

const inContainer = (rule: string, other: Partial<typeof parts>): Case => ({
  rule,
  breaks: deployment({ container: one(other) }),
  passes: deployment(),
});
const inPod = (rule: string, pod: string): Case => ({
  rule,
  breaks: deployment({
    pod: `securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}\n      ${pod}`,
  }),
  passes: deployment(),
});
const context = (more: string) =>
  `securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}, ${more}}`;
const env = (name: string, value: string) => `${image}\n          env: [{name: ${name}, value: "${value}"}]`;

const role = (rule: string): string => `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: deployer}
rules: [${rule}]
`;
const inRole = (rule: string, broken: string): Case => ({
  rule,
  breaks: role(broken),
  passes: role('{apiGroups: [""], resources: [pods], verbs: [get, list]}'),
});
const binding = (to: string, subject: string): string => `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: team}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ${to}}
subjects: [${subject}]
`;
const user = '{apiGroup: rbac.authorization.k8s.io, kind: User, name: alice}';
const inBinding = (rule: string, to: string, subject: string): Case => ({
  rule,
  breaks: binding(to, subject),
  passes: binding('view', user),
});
const node = (version: string): string => `
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {nodeInfo: {kubeletVersion: ${version}}}
`;
const ingress = (tls: string): string => `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  ${tls}
  rules: [{host: shop.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
`;
const config = (data: string): string => `
apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: shop}
data: ${data}
`;
const cronJob = (apiVersion: string): string => `
apiVersion: ${apiVersion}
kind: CronJob
metadata: {name: report, namespace: shop}
spec:
  schedule: "@daily"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, automountServiceAccountToken: false, containers: [{name: a, image: "a:1"}]}}}}
`;
const excused = (text: string): string =>
  config('{a: b}').replace(
    'namespace: shop}',
    `namespace: shop, annotations: {vigie.dev/audit-ignore.secret-in-config: "${text}"}}`,
  );
const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n';
const policy = `
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: a, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress]}
`;

export const cases: readonly Case[] = [
  { rule: 'schema', breaks: deployment({ spec: 'replicas: 2\n  replica: 3' }), passes: deployment() },
  { rule: 'schema', breaks: deployment({ spec: 'replicas: "2"' }), passes: deployment() },
  { rule: 'invalid', breaks: deployment({ spec: 'replicas: -2' }), passes: deployment() },
  { rule: 'api-removed', breaks: cronJob('batch/v1beta1'), passes: cronJob('batch/v1') },
  {
    rule: 'api-too-new',
    breaks:
      'apiVersion: networking.k8s.io/v1\nkind: ServiceCIDR\nmetadata: {name: more}\nspec: {cidrs: [10.0.0.0/24]}\n',
    passes: config('{a: b}'),
  },
  inContainer('secret-in-env', { image: env('DB_PASSWORD', 'correct horse battery') }),
  inContainer('secret-in-env', { image: env('DATABASE', 'postgres://shop:s3cr3tpass@db/shop') }),
  inContainer('secret-in-env', { image: `${image}\n          args: [--api-token, abcdefgh12345678]` }),
  {
    rule: 'secret-in-config',
    breaks: config('{app.ini: "password = hunter2hunter2"}'),
    passes: config('{app.ini: "color = blue"}'),
  },
  inContainer('privileged', { secure: 'securityContext: {privileged: true, readOnlyRootFilesystem: true}' }),
  inPod('host-namespaces', 'hostNetwork: true'),
  inPod('host-namespaces', 'hostPID: true'),
  inPod('host-path', 'volumes: [{name: logs, hostPath: {path: /var/log}}]'),
  inContainer('host-port', { ports: 'ports: [{containerPort: 80, hostPort: 8080}]' }),
  inContainer('capabilities-added', {
    secure:
      'securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL], add: [NET_ADMIN, CHOWN]}}',
  }),
  inContainer('capabilities-kept', {
    secure: 'securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true}',
  }),
  inContainer('privilege-escalation', {
    secure: 'securityContext: {readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}',
  }),
  {
    rule: 'seccomp',
    breaks: deployment({ pod: 'securityContext: {runAsNonRoot: true}' }),
    passes: deployment(),
  },
  inContainer('seccomp', { secure: context('seccompProfile: {type: Unconfined}') }),
  inContainer('pod-baseline', { secure: context('procMount: Unmasked') }),
  {
    rule: 'root-user',
    breaks: deployment({ pod: 'securityContext: {seccompProfile: {type: RuntimeDefault}}' }),
    passes: deployment(),
  },
  inContainer('root-user', { secure: context('runAsUser: 0') }),
  inContainer('writable-root', {
    secure: 'securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}',
  }),
  inRole('rbac-wildcard', '{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}'),
  inRole('rbac-secrets', '{apiGroups: [""], resources: [secrets], verbs: [list]}'),
  inRole('rbac-create-pods', '{apiGroups: [apps], resources: [deployments], verbs: [create]}'),
  inRole(
    'rbac-escalate',
    '{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [bind]}',
  ),
  inRole('rbac-escalate', '{apiGroups: [""], resources: [users], verbs: [impersonate]}'),
  inRole('rbac-node-proxy', '{apiGroups: [""], resources: [nodes/proxy], verbs: [get]}'),
  inRole(
    'rbac-approve-certificates',
    '{apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests/approval], verbs: [update]}',
  ),
  inRole(
    'rbac-webhooks',
    '{apiGroups: [admissionregistration.k8s.io], resources: [mutatingwebhookconfigurations], verbs: [patch]}',
  ),
  inRole('rbac-tokens', '{apiGroups: [""], resources: [serviceaccounts/token], verbs: [create]}'),
  inRole('rbac-volumes', '{apiGroups: [""], resources: [persistentvolumes], verbs: [create]}'),
  inBinding('rbac-cluster-admin', 'cluster-admin', '{kind: ServiceAccount, name: ci, namespace: ci}'),
  inBinding(
    'rbac-masters',
    'view',
    '{apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:masters"}',
  ),
  inBinding(
    'rbac-anonymous',
    'view',
    '{apiGroup: rbac.authorization.k8s.io, kind: User, name: "system:anonymous"}',
  ),
  inBinding('default-account-bound', 'view', '{kind: ServiceAccount, name: default, namespace: shop}'),
  {
    rule: 'token-mounted',
    breaks: deployment().replace('automountServiceAccountToken: false', 'terminationGracePeriodSeconds: 30'),
    passes: deployment(),
  },
  inContainer('image-untagged', { image: 'image: registry:5000/shop/web' }),
  inContainer('image-latest', { image: 'image: shop/web:latest' }),
  inContainer('requests-missing', { resources: 'resources: {limits: {memory: 64Mi}}' }),
  inContainer('memory-limit-missing', { resources: 'resources: {requests: {cpu: 100m, memory: 64Mi}}' }),
  inContainer('readiness-missing', { probes: 'livenessProbe: {tcpSocket: {port: 80}}' }),
  inContainer('liveness-missing', { probes: 'readinessProbe: {tcpSocket: {port: 80}}' }),
  {
    rule: 'single-replica',
    breaks: deployment({ spec: 'replicas: 1', namespace: 'shop-prod' }),
    passes: deployment({ namespace: 'shop-prod' }),
  },
  { rule: 'budget-missing', breaks: deployment().split('---')[0] ?? '', passes: deployment() },
  {
    rule: 'spread-missing',
    breaks: deployment().replace(/topologySpreadConstraints:\n.*\n/, 'terminationGracePeriodSeconds: 30\n'),
    passes: deployment(),
  },
  {
    rule: 'network-policy-missing',
    breaks: `${namespace}---${deployment()}`,
    passes: `${namespace}---${deployment()}${policy}`,
  },
  {
    rule: 'ingress-plain',
    breaks: ingress(''),
    passes: ingress('tls: [{hosts: [shop.example], secretName: cert}]'),
  },
  { rule: 'node-skew', breaks: node('v1.32.1'), passes: node('v1.33.1'), live: { serverVersion: 'v1.36.2' } },
  { rule: 'node-unsupported', breaks: node('v1.33.9'), passes: node('v1.36.1') },
  {
    rule: 'exception-ended',
    breaks: excused('we move it; until 2026-11-20'),
    passes: excused('we move it; until 2026-11-21'),
  },
  {
    rule: 'exception-ended',
    breaks: excused('until 2027-01-31'),
    passes: excused('we move it; until 2027-01-31'),
  },
  {
    rule: 'exception-ended',
    breaks: excused('we move it; until 2027-02-31'),
    passes: excused('we move it; until 2027-02-28'),
  },
];
