import { describe, expect, test } from 'vitest';
import { parseFieldPath, valueAt, writeFieldPath } from '../../../src/tools/k8s/field-path.ts';
import { fc } from '../../support/properties.ts';

const deployment = {
  metadata: { labels: { 'app.kubernetes.io/name': 'web' } },
  spec: { replicas: 3, containers: [{ name: 'app', image: 'shop/web:1' }] },
};
const at = (path: string) => valueAt(deployment, { path, of: 'Deployment/web in shop' });

describe('a field path', () => {
  test.each([
    ['spec.replicas', 3],
    ['spec.containers[0].image', 'shop/web:1'],
    ['metadata.labels["app.kubernetes.io/name"]', 'web'],
    ['spec.containers', [{ name: 'app', image: 'shop/web:1' }]],
  ])('%s leads to its value', (path, value) => {
    expect(at(path)).toEqual(value);
  });

  test.each([
    ['spec.replica', 'spec of Deployment/web in shop has no field replica', 'replicas, containers'],
    ['spec.containers[1]', 'spec.containers of Deployment/web in shop has no item 1', 'a list of 1'],
    ['spec.replicas.value', 'spec.replicas of Deployment/web in shop has no field value', 'plain value'],
    ['status', 'Deployment/web in shop has no field status', 'metadata, spec'],
    ['spec.constructor', 'has no field constructor', 'replicas'],
  ])('%s that leads nowhere says where it ended and what is there', (path, message, hint) => {
    expect(() => at(path)).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      }),
    );
  });

  test.each(['', 'a[b]', 'a["b]', 'a..b', '[', 'a.', `a${'.a'.repeat(64)}`])('%j cannot be read', path => {
    expect(() => parseFieldPath(path)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
  });

  test('that was written is read back as the same steps', () => {
    const name = fc.string({ minLength: 1, maxLength: 20 }).filter(text => !text.includes('"'));
    const step = fc.oneof(name, fc.integer({ min: 0, max: 999_999 }));
    fc.assert(
      fc.property(name, fc.array(step, { maxLength: 20 }), (first, others) => {
        const steps = [first, ...others];
        expect(parseFieldPath(writeFieldPath(steps))).toEqual(steps);
      }),
    );
  });
});
