import { describe, expect, test } from 'vitest';
import { VigieError } from '../../src/core/errors.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';
import { strategicMerge } from '../../src/kubernetes/strategic-merge.ts';
import { fc } from '../support/properties.ts';

// What a real server makes of each directive is replayed in goldens.test.ts.
const name = fc.constantFrom('a', 'b', 'c', 'd');
const container = fc.record({ name, image: fc.constantFrom('x:1', 'y:2') });
const containers = fc.uniqueArray(container, { selector: item => item.name, minLength: 1 });

function pod(list: readonly { name: string; image: string }[]): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: list.map(item => ({ ...item })) },
  };
}

const listOf = (object: KubeObject) => object.spec?.['containers'] as { name: string; image: string }[];

describe('strategic merge', () => {
  test('changes neither the object nor the patch', () => {
    fc.assert(
      fc.property(containers, containers, (live, patch) => {
        const input = { live: pod(live), patch: { spec: pod(patch).spec } };
        const copy = structuredClone(input);
        strategicMerge(input);
        expect(input).toEqual(copy);
      }),
    );
  });

  test('a keyed list holds each key once: patched ones as patched, others untouched', () => {
    fc.assert(
      fc.property(containers, containers, (live, patch) => {
        const merged = listOf(strategicMerge({ live: pod(live), patch: { spec: pod(patch).spec } }));
        const images = new Map([...live, ...patch].map(item => [item.name, item.image]));
        expect(new Map(merged.map(item => [item.name, item.image]))).toEqual(images);
        expect(merged).toHaveLength(images.size);
      }),
    );
  });

  test.each<[string, JsonObject]>([
    ['an unknown directive', { spec: { $patch: 'explode' } }],
    ['an item without its key', { spec: { containers: [{ image: 'x' }] } }],
    ['retained keys that leave out a patched one', { spec: { $retainKeys: ['a'], nodeName: 'n' } }],
  ])('%s is refused', (_, patch) => {
    const merge = () => strategicMerge({ live: pod([{ name: 'a', image: 'x:1' }]), patch });
    expect(merge).toThrow(VigieError);
    expect(merge).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
  });
});
