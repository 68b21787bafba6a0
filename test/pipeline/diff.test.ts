import { expect, test } from 'vitest';
import type { Preview } from '../../src/core/preview.ts';
import { KnownSecrets, Redactor } from '../../src/core/redaction.ts';
import { summarize } from '../../src/pipeline/diff.ts';

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
