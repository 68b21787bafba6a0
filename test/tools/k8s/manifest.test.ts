import { describe, expect, test } from 'vitest';
import { readManifest } from '../../../src/tools/k8s/manifest.ts';

const names = async (text: string) => (await readManifest(text)).map(({ kind, name }) => `${kind}/${name}`);
const configMap = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;

describe('a manifest', () => {
  test('of several documents and Lists is read in its order', async () => {
    const list = `apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: b}}\n- {apiVersion: v1, kind: Pod, metadata: {name: c}}\n`;
    expect(await names(`${configMap('a')}---\n${list}---\n${configMap('d')}`)).toEqual([
      'ConfigMap/a',
      'Secret/b',
      'Pod/c',
      'ConfigMap/d',
    ]);
  });

  test('may be JSON', async () => {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'shop' } };
    expect(await readManifest(JSON.stringify(pod))).toMatchObject([{ kind: 'Pod', namespace: 'shop' }]);
  });

  test('loses what the server keeps for itself, and kubectl’s copy of it', async () => {
    const [object] = await readManifest(`apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  uid: 0f1
  resourceVersion: "7"
  generation: 3
  creationTimestamp: 2026-01-01T00:00:00Z
  managedFields: []
  annotations: {kubectl.kubernetes.io/last-applied-configuration: "{}", team: shop}
spec: {replicas: 2}
status: {replicas: 2}
`);
    expect(object?.manifest).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', annotations: { team: 'shop' } },
      spec: { replicas: 2 },
    });
  });

  test.each([
    ['kind: Pod\nmetadata: {name: a}', 'has no apiVersion'],
    ['apiVersion: v1\nmetadata: {name: a}', 'has no kind'],
    ['apiVersion: v1\nkind: Pod', 'has no metadata'],
    ['apiVersion: v1\nkind: Pod\nmetadata: {}', 'has no metadata.name'],
    ['apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}', 'only generateName'],
    ['apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: 7}', 'metadata.namespace of Pod/a'],
    ['apiVersion: v1\nkind: List\nitems: [3]', 'is no object'],
    ['---\n---\n', 'holds no object'],
  ])('%j is refused', async (text, message) => {
    await expect(readManifest(text)).rejects.toMatchObject({
      code: 'INVALID_MANIFEST',
      message: expect.stringContaining(message),
      details: { line: expect.any(Number) },
    });
  });

  test('names the line of the document that is wrong', async () => {
    await expect(readManifest(`${configMap('a')}---\nkind: Pod\n`)).rejects.toMatchObject({
      details: { line: 5 },
    });
  });

  test('of more objects than a person reads is refused', async () => {
    const text = Array.from({ length: 101 }, (_, n) => configMap(`c${n}`)).join('---\n');
    await expect(readManifest(text)).rejects.toMatchObject({
      code: 'INVALID_MANIFEST',
      message: expect.stringContaining('101 objects'),
    });
  });
});
