import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { Preview } from '../../src/core/preview.ts';
import { surpriseIn } from '../../src/pipeline/surprise.ts';

const target = { kind: 'Deployment', name: 'web', namespace: 'shop', apiVersion: 'apps/v1' };

function deploymentWith(container: JsonObject, replicas = 3): JsonObject {
  return {
    spec: { replicas, template: { spec: { containers: [{ name: 'web', image: 'web:2', ...container }] } } },
  };
}

function previewOf(more: Partial<Preview> = {}): Preview {
  return {
    change: { kind: 'k8s-patch', target, uid: 'u', patch: {} },
    operation: 'update',
    target,
    after: deploymentWith({}),
    volatile: [],
    warnings: [],
    alongside: [],
    risk: { level: 'medium', reasons: [] },
    undo: { possible: true },
    serverChecked: true,
    ...more,
  };
}

test('a write that came out as shown is no surprise', () => {
  expect(surpriseIn(previewOf(), { after: deploymentWith({}) })).toBeUndefined();
});

test('a container that runs another command or gains privilege stops the plan, with the field named', () => {
  expect(surpriseIn(previewOf(), { after: deploymentWith({ command: ['sh', '-c', 'curl evil'] }) })).toBe(
    'Deployment/web in shop was written other than it was shown: spec.template.spec.containers.web.command.',
  );
  const privileged = deploymentWith({ securityContext: { privileged: true } });
  expect(surpriseIn(previewOf(), { after: privileged })).toContain('securityContext');
  expect(surpriseIn(previewOf(), { after: deploymentWith({}, 0) })).toContain('spec.replicas');
});

test('a harmless difference is none, and so is what the server draws anew each time', () => {
  expect(surpriseIn(previewOf(), { after: deploymentWith({ imagePullPolicy: 'Always' }) })).toBeUndefined();
  const volatile = ['/spec/template/spec/containers/web/command'];
  const drawn = deploymentWith({ command: ['run', '--id', '7f3a'] });
  expect(surpriseIn(previewOf({ volatile }), { after: drawn })).toBeUndefined();
});

test('where the server did not try the change, or answered with no object, nothing can be compared', () => {
  const after = deploymentWith({ command: ['sh'] });
  expect(surpriseIn(previewOf({ serverChecked: 'no dry run' }), { after })).toBeUndefined();
  expect(surpriseIn(previewOf(), { uid: 'u' })).toBeUndefined();
});

test('rules, subjects or data that came out other than shown stop the plan whatever they are', () => {
  const role = {
    kind: 'Role',
    name: 'reader',
    namespace: 'shop',
    apiVersion: 'rbac.authorization.k8s.io/v1',
  };
  const shown = { metadata: { name: 'reader' }, rules: [{ verbs: ['get'] }] };
  const preview = previewOf({ target: role, after: shown });
  expect(surpriseIn(preview, { after: { ...shown, rules: [{ verbs: ['get', 'delete'] }] } })).toContain(
    'rules',
  );
  expect(
    surpriseIn(preview, { after: { ...shown, metadata: { name: 'reader', labels: { a: 'b' } } } }),
  ).toBeUndefined();
});

test.each([
  ['another image', { image: 'web:3' }],
  ['a variable', { env: [{ name: 'LD_PRELOAD', value: '/x.so' }] }],
])('%s that only the write brought stops the plan', (_name, container) => {
  expect(surpriseIn(previewOf(), { after: deploymentWith(container) })).toContain('other than it was shown');
});

test('a container or a count that only the write brought stops the plan', () => {
  expect(surpriseIn(previewOf(), { after: deploymentWith({}, 4) })).toContain('replicas');
  const shown = deploymentWith({});
  const after = structuredClone(shown) as { spec: { template: { spec: { containers: unknown[] } } } };
  after.spec.template.spec.containers.push({ name: 'sidecar', image: 'x' });
  expect(surpriseIn(previewOf(), { after: after as unknown as JsonObject })).toContain('sidecar');
});
