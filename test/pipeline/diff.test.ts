import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { KnownSecrets } from '../../src/core/known-secrets.ts';
import type { Preview } from '../../src/core/preview.ts';
import { Redactor } from '../../src/core/redaction.ts';
import { renderDiff, summarize } from '../../src/pipeline/diff.ts';

test('the line of a list stays one, however long the name of a field and its value are', () => {
  const target = { kind: 'Widget', name: 'w', namespace: 'shop', apiVersion: 'example.com/v1' };
  const key = 'k'.repeat(1_000_000);
  const preview: Preview = {
    change: { kind: 'k8s-patch', target, uid: 'u', patch: {} },
    operation: 'update',
    target,
    before: { spec: {} },
    after: { spec: { [key]: 'v'.repeat(1_000_000) } },
    volatile: [],
    warnings: [],
    alongside: [],
    risk: { level: 'high', reasons: [] },
    undo: { possible: true },
    serverChecked: true,
  };
  const line = summarize([preview], new Redactor(new KnownSecrets()));
  expect(line).toMatch(/^update Widget\/w in shop: spec\.kkk/);
  expect(line.length).toBeLessThan(1_000);
});

test('the line of a list says the image first, and of a new variable its name once', () => {
  const target = { kind: 'Deployment', name: 'web', namespace: 'shop', apiVersion: 'apps/v1' };
  const web = (container: object): JsonObject => ({ spec: { containers: [{ name: 'web', ...container }] } });
  const env = [
    { name: 'A', value: 'b' },
    { name: 'B', valueFrom: { configMapKeyRef: { name: 'B', key: 'k' } } },
  ];
  const line = (before: object, after: object) => {
    const preview: Preview = {
      change: { kind: 'k8s-patch', target, uid: 'u', patch: {} },
      operation: 'update',
      target,
      before: web(before),
      after: web(after),
      volatile: [],
      warnings: [],
      alongside: [],
      risk: { level: 'medium', reasons: [] },
      undo: { possible: true },
      serverChecked: true,
    };
    return summarize([preview], new Redactor(new KnownSecrets()));
  };
  const head = 'update Deployment/web in shop: spec.containers.web';
  expect(line({ image: 'a:1' }, { env: env.slice(0, 1), image: 'a:2' })).toBe(
    `${head}.image a:1 → a:2, spec.containers.web.env.A (none) → b`,
  );
  expect(line({ env: env.slice(0, 1) }, { env: [{ name: 'A', value: 'c' }] })).toBe(
    `${head}.env.A.value b → c`,
  );
  expect(line({ env }, { env: env.slice(0, 1) })).toBe(
    `${head}.env.B.valueFrom.configMapKeyRef.name B → (none), spec.containers.web.env.B.valueFrom.configMapKeyRef.key k → (none)`,
  );
});

test('what others have to do has its turn while the diff of many objects is written', async () => {
  const data = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`k${index}`, 'v']));
  const previews = Array.from({ length: 60 }, (_, index): Preview => {
    const target = { kind: 'ConfigMap', name: `c${index}`, namespace: 'shop', apiVersion: 'v1' };
    return {
      change: { kind: 'k8s-patch', target, uid: 'u', patch: {} },
      operation: 'create',
      target,
      after: { data },
      volatile: [],
      warnings: [],
      alongside: [],
      risk: { level: 'medium', reasons: [] },
      undo: { possible: true },
      serverChecked: true,
    };
  });
  let turns = 0;
  let later: NodeJS.Immediate;
  const count = () => {
    turns += 1;
    later = setImmediate(count);
  };
  later = setImmediate(count);
  try {
    expect(await renderDiff(previews, new Redactor(new KnownSecrets()))).toContain('create ConfigMap/c59');
  } finally {
    clearImmediate(later);
  }
  expect(turns).toBeGreaterThan(10);
});
