import { expect, test } from 'vitest';
import { rules } from '../../../src/diagnosis/audit/rules/index.ts';
import { findingsIn } from '../../support/audited.ts';
import { type Case, cases, deployment } from './cases.ts';

const found = ({ rule, live }: Case, documents: string): string[] =>
  findingsIn(documents, {
    ...(live === undefined ? {} : { live: true, ...live }),
    ...(rule === 'api-too-new' ? { targetMinor: 30 } : {}),
  }).map(finding => finding.rule);

test.each(cases.map((each, index) => ({ ...each, name: `${each.rule} (${index})` })))('$name', each => {
  expect(found(each, each.breaks)).toContain(each.rule);
  expect(found(each, each.passes)).not.toContain(each.rule);
});

test('every rule has a manifest that breaks it', () => {
  const tried = new Set(cases.map(({ rule }) => rule));
  expect(rules.map(({ id }) => id).filter(id => !tried.has(id))).toEqual([]);
});

test('rules have names of their own, a source and short words', () => {
  expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
  for (const { id, title, why, source } of rules) {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
    // As a name of an annotation: `audit-ignore.` and it.
    expect(`audit-ignore.${id}`.length).toBeLessThanOrEqual(63);
    expect(title.length, id).toBeLessThanOrEqual(60);
    expect(why, id).toMatch(/\.$/);
    expect(source.url, id).toMatch(/^https:\/\//);
  }
});

test('a workload that follows all of them has no finding', () => {
  expect(findingsIn(deployment())).toEqual([]);
});

test('a value that is secret stands in no message', () => {
  const text = cases
    .flatMap(({ breaks }) => findingsIn(breaks))
    .map(finding => JSON.stringify(finding))
    .join('\n');
  expect(text).toContain('DB_PASSWORD');
  for (const value of ['correct horse', 's3cr3tpass', 'abcdefgh12345678', 'hunter2hunter2'])
    expect(text).not.toContain(value);
});

test('one replica is a note elsewhere than in production, and none where an autoscaler keeps two', () => {
  const severity = (documents: string, environment = 'box') =>
    findingsIn(documents, { environment }).find(({ rule }) => rule === 'single-replica')?.severity;
  const alone = deployment({ spec: 'replicas: 1' });
  expect(severity(alone)).toBe('note');
  expect(severity(alone, 'prod-eu')).toBe('medium');
  const labelled =
    'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {environment: production}}\n---';
  expect(severity(labelled + alone)).toBe('medium');
  const scaled = `${alone}---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {minReplicas: 2, maxReplicas: 4, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
`;
  expect(severity(scaled, 'prod-eu')).toBeUndefined();
});

test('limits that a LimitRange gives are not missing', () => {
  const bare = deployment({ container: 'image: a:1' });
  const range = `---
apiVersion: v1
kind: LimitRange
metadata: {name: a, namespace: shop}
spec: {limits: [{type: Container, default: {memory: 64Mi}, defaultRequest: {cpu: 100m, memory: 64Mi}}]}
`;
  const about = (documents: string) => findingsIn(documents).map(({ rule }) => rule);
  expect(about(bare)).toEqual(expect.arrayContaining(['requests-missing', 'memory-limit-missing']));
  expect(about(bare + range)).not.toEqual(expect.arrayContaining(['requests-missing']));
  expect(about(bare + range)).not.toEqual(expect.arrayContaining(['memory-limit-missing']));
});

test('a token that a binding gives something is needed', () => {
  const pods = deployment().replace('automountServiceAccountToken: false', 'serviceAccountName: web');
  const bound = `${pods}---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: other}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
`;
  const mounted = (documents: string, live: boolean) =>
    findingsIn(documents, { live }).some(({ rule }) => rule === 'token-mounted');
  expect(mounted(pods, true)).toBe(true);
  expect(mounted(bound, true)).toBe(false);
  // Its binding may stand in a file that is not here.
  expect(mounted(pods, false)).toBe(false);
});

test('a role says who has it, and is less grave where nobody does', () => {
  const role = cases.find(({ rule }) => rule === 'rbac-escalate')?.breaks ?? '';
  const binding = `---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: ci}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: deployer}
subjects: [{kind: ServiceAccount, name: ci, namespace: build}]
`;
  const [alone] = findingsIn(role, { live: true });
  expect(alone).toMatchObject({
    severity: 'low',
    message: 'may bind, escalate or impersonate; nobody has it now',
  });
  const [held] = findingsIn(role + binding, { live: true });
  expect(held).toMatchObject({
    severity: 'high',
    message: 'may bind, escalate or impersonate; held by ServiceAccount build/ci',
  });
});

test('what is built in is nobody’s fault', () => {
  const builtIn = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "system:controller:x", labels: {kubernetes.io/bootstrapping: rbac-defaults}}
rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]
`;
  expect(findingsIn(builtIn, { live: true })).toEqual([]);
});

test('of a cluster an old version is found where somebody wrote it', () => {
  const applied = `
apiVersion: batch/v1
kind: CronJob
metadata:
  name: report
  namespace: shop
  annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"apiVersion":"batch/v1beta1","kind":"CronJob"}'}
spec: {schedule: "@daily", jobTemplate: {spec: {template: {spec: {containers: [{name: a, image: "a:1"}]}}}}}
`;
  const about = findingsIn(applied, { live: true, serverVersion: 'v1.36.2' }).filter(
    ({ rule }) => rule === 'api-removed',
  );
  expect(about).toEqual([
    expect.objectContaining({ message: 'batch/v1beta1 of CronJob is not served by 1.37' }),
  ]);
  expect(about[0]?.patch).toBeUndefined();
});

test.each([
  ['AUTH_SERVICE', 'http://auth:8080'],
  ['TOKEN_URL', 'https://id.example/token'],
  ['DB_PASSWORD', '$(OTHER)'],
  ['DB_PASSWORD_FILE', '/run/secrets/db'],
  ['SECRET_PATH', 'team/web'],
  ['CREDENTIALS', '/var/run/credentials.json'],
  ['SECRETS_BACKEND', 'vaultserver'],
  ['TOKEN_TTL', '3600'],
  ['AUTH_PROVIDERS', 'github,google'],
  ['CACHE_KEY', 'products:all'],
])('a variable %s of %s is no secret in clear', (name, value) => {
  const documents = deployment({
    container: `image: a:1\n          env: [{name: ${name}, value: "${value}"}]`,
  });
  expect(findingsIn(documents).map(({ rule }) => rule)).not.toContain('secret-in-env');
});

test.each([
  ['DB_PASSWORD', 'password'],
  ['JWT_SECRET', 'change-me-please'],
  ['API_TOKEN', 'abcdef0123456789'],
  ['spring.dbPassword', 'hibernating'],
  ['SIGNING_KEY', 'c29tZXRoaW5nIHNlY3JldA=='],
  ['BROKER', 'amqp://shop:rabbit-pass@mq/'],
])('a variable %s of %s is one', (name, value) => {
  const documents = deployment({
    container: `image: a:1\n          env: [{name: ${name}, value: "${value}"}]`,
  });
  const found = findingsIn(documents).filter(({ rule }) => rule === 'secret-in-env');
  expect(found).toHaveLength(1);
  expect(JSON.stringify(found)).not.toContain(value);
});

const maker = (kind: string, uid: string) => `---
apiVersion: apps/v1
kind: ${kind}
metadata: {name: web, namespace: shop, uid: ${uid}}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: 'a:1'}]}}
`;
const madeBy = (owner: string) => `
apiVersion: v1
kind: Pod
metadata:
  name: mule
  namespace: shop
  ownerReferences: [{apiVersion: apps/v1, ${owner}, name: web, controller: true}]
spec: {hostPID: true, containers: [{name: web, image: 'a:1'}]}
`;

test('a pod is judged unless what it says makes it is there, makes pods, and is judged itself', () => {
  const judged = (documents: string) =>
    findingsIn(documents, { live: true }).some(
      ({ object, rule }) => object.name === 'mule' && rule === 'host-namespaces',
    );
  expect(judged(madeBy('kind: ReplicaSet, uid: u1') + maker('ReplicaSet', 'u1'))).toBe(false);
  expect(judged(madeBy('kind: ReplicaSet, uid: u2') + maker('ReplicaSet', 'u1'))).toBe(true);
  expect(judged(madeBy('kind: ReplicaSet, uid: u1'))).toBe(true);
  expect(judged(madeBy('kind: Cluster, uid: u1'))).toBe(true);
  // It is there, and makes no pods.
  expect(judged(madeBy('kind: Deployment, uid: u1') + maker('Deployment', 'u1'))).toBe(true);
  const node = '---\napiVersion: v1\nkind: Node\nmetadata: {name: web, uid: u1}\n';
  expect(judged(madeBy('kind: Node, uid: u1') + node)).toBe(true);
});

test('the pods of the control plane stand in files of their node, and are judged there', () => {
  const pod = madeBy('kind: Node, uid: u1').replace('namespace: shop', 'namespace: kube-system');
  expect(findingsIn(pod, { live: true })).toEqual([]);
});
