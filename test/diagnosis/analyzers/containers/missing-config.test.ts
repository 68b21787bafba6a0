import { describe, expect, test } from 'vitest';
import { missingConfigAnalyzer } from '../../../../src/diagnosis/analyzers/containers/missing-config.ts';
import { diagnose } from '../../../../src/diagnosis/diagnose.ts';
import { snapshotOf } from '../../../support/snapshot-of.ts';

const found = (documents: string, rest = {}) =>
  missingConfigAnalyzer
    .analyze(snapshotOf(documents, rest))
    .map(({ code, object, severity }) => `${severity} ${code} ${object.kind}/${object.name}`);

function deployment(name: string, spec: string, status = ''): string {
  return `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop, uid: ${name}-uid}
spec:
  replicas: 2
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: ${spec}
${status === '' ? '' : `status: ${status}`}
`;
}

const secret = (name: string, keys: string) => `---
apiVersion: v1
kind: Secret
metadata: {name: ${name}, namespace: shop}
data: ${keys}
`;

const fromSecret = (name: string, key: string, more = '') =>
  `{containers: [{name: web, image: shop/web:1, env: [{name: TOKEN, valueFrom: {secretKeyRef: {name: ${name}, key: ${key}${more}}}}]}]}`;

describe('from the spec alone', () => {
  test.each([
    ['a variable', fromSecret('db', 'url'), 'critical SECRET_MISSING Secret/db'],
    [
      'variables of a whole ConfigMap',
      '{containers: [{name: web, image: a, envFrom: [{configMapRef: {name: flags}}]}]}',
      'critical CONFIG_MAP_MISSING ConfigMap/flags',
    ],
    [
      'variables of an init container',
      '{containers: [{name: web, image: a}], initContainers: [{name: first, image: a, envFrom: [{secretRef: {name: db}}]}]}',
      'critical SECRET_MISSING Secret/db',
    ],
    [
      'a volume of a Secret',
      '{containers: [{name: web, image: a}], volumes: [{name: tls, secret: {secretName: tls}}]}',
      'critical SECRET_MISSING Secret/tls',
    ],
    [
      'a projected volume',
      '{containers: [{name: web, image: a}], volumes: [{name: all, projected: {sources: [{configMap: {name: rules}}, {secret: {name: tls}}]}}]}',
      'critical SECRET_MISSING Secret/tls',
    ],
  ])('%s that does not exist is found', (_, spec, expected) => {
    expect(found(deployment('web', spec))).toContain(expected);
  });

  test('a key that a Secret lacks is told of the Secret', () => {
    expect(found(secret('db', '{host: ""}') + deployment('web', fromSecret('db', 'url')))).toEqual([
      'critical SECRET_KEY_MISSING Secret/db',
    ]);
  });

  test('a volume item whose key a ConfigMap lacks is found, and binary data counts', () => {
    const config =
      '---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: files, namespace: shop}, data: {a: x}, binaryData: {b: eA==}}\n';
    const items =
      '{containers: [{name: web, image: a}], volumes: [{name: f, configMap: {name: files, items: [{key: b, path: b}, {key: c, path: c}]}}]}';
    expect(found(config + deployment('web', items))).toEqual([
      'critical CONFIG_MAP_KEY_MISSING ConfigMap/files',
    ]);
  });
});

test('what is optional, what the cluster publishes, and what could not be read are no faults', () => {
  expect(found(deployment('web', fromSecret('db', 'url', ', optional: true')))).toEqual([]);
  const root =
    '{containers: [{name: web, image: a}], volumes: [{name: r, configMap: {name: kube-root-ca.crt}}]}';
  expect(found(deployment('web', root))).toEqual([]);
  const unread = [{ kind: 'Secret', why: 'not allowed' }];
  expect(found(deployment('web', fromSecret('db', 'url')), { unread })).toEqual([]);
});

test('a workload that runs nothing is a note, one whose pods all serve still a warning', () => {
  const asleep = deployment('web', fromSecret('db', 'url')).replace('replicas: 2', 'replicas: 0');
  expect(found(asleep)).toEqual(['note SECRET_MISSING Secret/db']);
  expect(found(deployment('web', fromSecret('db', 'url'), '{replicas: 2, readyReplicas: 2}'))).toEqual([
    'warning SECRET_MISSING Secret/db',
  ]);
});

test('one missing Secret is one finding, whoever needs it', () => {
  const all = ['a', 'b', 'c'].map(name => deployment(name, fromSecret('db', 'url'))).join('');
  const { findings } = diagnose(snapshotOf(all));
  expect(findings.map(({ code }) => code)).toEqual(['SECRET_MISSING']);
  expect(findings[0]?.summary).toContain('Deployment/a and 2 more');
});

test('a key that was evidently misspelled is put right in the workload', () => {
  const [draft] = missingConfigAnalyzer.analyze(
    snapshotOf(secret('db', '{apiKey: "", other: ""}') + deployment('web', fromSecret('db', 'api-key'))),
  );
  expect(draft?.cause).toContain('apiKey');
  expect(draft?.fixes).toEqual([
    {
      tool: 'k8s_patch',
      arguments: {
        target: { kind: 'Deployment', name: 'web', namespace: 'shop' },
        type: 'json',
        patch:
          '[{"op":"replace","path":"/spec/template/spec/containers/0/env/0/valueFrom/secretKeyRef/key","value":"apiKey"}]',
      },
      does: 'Let Deployment/web use the key of Secret db that is there: apiKey',
    },
  ]);
});

test('a name is only put right where the one that is there has the keys, and is not used already', () => {
  const near = (keys: string) =>
    missingConfigAnalyzer.analyze(
      snapshotOf(secret('database', keys) + deployment('web', fromSecret('databse', 'url'))),
    )[0]?.fixes.length;
  expect(near('{url: ""}')).toBe(1);
  expect(near('{uri: ""}')).toBe(0);
});

test('a revision before that works and needs nothing of it is the way back', () => {
  const set = (revision: number, spec: string, ready: number) => `---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-${revision}, namespace: shop, uid: rs-${revision}, annotations: {deployment.kubernetes.io/revision: "${revision}"}, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: web-uid, controller: true}]}
spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: ${spec}}}
status: {replicas: 1, readyReplicas: ${ready}}
`;
  const fixes = (ready: number) =>
    missingConfigAnalyzer.analyze(
      snapshotOf(
        deployment('web', fromSecret('db', 'url')) +
          set(1, '{containers: [{name: web, image: shop/web:0}]}', ready) +
          set(2, fromSecret('db', 'url'), 0),
      ),
    )[0]?.fixes;
  expect(fixes(2)).toMatchObject([{ tool: 'k8s_rollout', arguments: { action: 'undo', toRevision: 1 } }]);
  expect(fixes(0)).toEqual([]);
});

test('a Certificate that is to make the Secret explains that it is not there', () => {
  const certificate =
    '---\n{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name: shop, namespace: shop}, spec: {secretName: tls}}\n';
  const volume = '{containers: [{name: web, image: a}], volumes: [{name: tls, secret: {secretName: tls}}]}';
  const [draft] = missingConfigAnalyzer.analyze(snapshotOf(certificate + deployment('web', volume)));
  expect(draft?.dependsOn).toMatchObject([{ kind: 'Certificate', name: 'shop' }]);
});

test('names that mean something to the language are names, and what can be no name is a fault of the workload', () => {
  const about = (name: string) =>
    missingConfigAnalyzer.analyze(snapshotOf(deployment('web', fromSecret(name, 'constructor'))))[0];
  expect(about('constructor')).toMatchObject({
    code: 'SECRET_MISSING',
    object: { kind: 'Secret', name: 'constructor' },
  });
  expect(about('__proto__')).toMatchObject({
    code: 'SECRET_MISSING',
    object: { kind: 'Deployment', name: 'web' },
  });
});

test('where Secrets may not be read, the word of the kubelet counts', () => {
  const unread = [{ kind: 'Secret', why: 'not allowed' }];
  const waiting = (message: string) => `---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec: ${fromSecret('db', 'url')}
status: {phase: Pending, containerStatuses: [{name: web, ready: false, restartCount: 0, state: {waiting: {reason: CreateContainerConfigError, message: '${message}'}}}]}
`;
  expect(found(waiting('secret "db" not found'), { unread })).toEqual(['critical SECRET_MISSING Secret/db']);
  expect(found(waiting("couldn''t find key url in Secret shop/db"), { unread })).toEqual([
    'critical SECRET_KEY_MISSING Secret/db',
  ]);
  expect(found(waiting('secret "other" not found'), { unread })).toEqual([]);
});
