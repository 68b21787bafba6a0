import { expect, test } from 'vitest';
import { absenceOf, accessDenied } from '../../src/sandbox/registry.ts';
import { loadWorld, parseWorld, type World } from '../../src/sandbox/world.ts';

function worldOf(more: string): World {
  const node = '{name: n1, ip: 10.0.0.1, podSubnet: 10.42.0}';
  const cluster = `{serverVersion: v1.36.2, ageDays: 1, nodes: [${node}]}`;
  return parseWorld(`cluster: ${cluster}\nobjects: []\n${more}`, 'test');
}

test('a world that says nothing of its registry has every image but those that are missing', () => {
  const world = worldOf('missing: ["shop/web:9.*"]');
  expect(absenceOf(world, 'shop/web:9.1')).toEqual({ code: 'NotFound', text: 'shop/web:9.1: not found' });
  expect(absenceOf(world, 'shop/web:8.9')).toBeUndefined();
  expect(absenceOf(world, 'no.such.example/x/y:1')).toBeUndefined();
  expect(absenceOf(world, 'anything:does-not-exist')).toMatchObject({ code: 'NotFound' });
});

const digest = `@sha256:${'a'.repeat(64)}`;

test.each([
  ['shop/web:1.2.3', undefined],
  [`shop/web:1.2.3${digest}`, undefined],
  ['shop/tool', undefined],
  ['own.example:5000/shop/web:2', undefined],
  ['shop/web:2.0', { code: 'NotFound', text: 'shop/web:2.0: not found' }],
  ['shop/web', { code: 'NotFound', text: 'shop/web: not found' }],
  [`shop/web${digest}`, { code: 'NotFound', text: `shop/web${digest}: not found` }],
  ['shop/wbe:1.2.3', accessDenied],
  ['toString:1', accessDenied],
  ['own.example:5000/shop/other:2', accessDenied],
  [
    'nowhere.example:5000/x/y:1',
    {
      code: 'Unknown',
      text: 'failed to do request: Head "https://nowhere.example:5000/v2/x/y/manifests/1": dial tcp: lookup nowhere.example: no such host',
    },
  ],
])('a registry of shop/web:1.*, shop/tool:latest and one of its own host, asked for %s', (image, absence) => {
  const world = worldOf(
    'registry: {shop/web: ["1.*"], shop/tool: [latest], "own.example:5000/shop/web": ["2"]}',
  );
  expect(absenceOf(world, image)).toEqual(absence);
});

test.each([
  'acme/cartt:0.9.7',
  'busybx:9',
  'registry.nowhere.example/x/y:1',
  'acme/api:9.99.9',
  'acme/cart:0.9.7-rc1',
])('a misspelled %s is not found in the shop', async image => {
  expect(absenceOf(await loadWorld('shop'), image)).toBeDefined();
});

test.each(['shop', 'faults'])(
  'of the images that %s runs and ran, only the one that is to fail is not found',
  async name => {
    const world = await loadWorld(name);
    const run = JSON.stringify([world.objects, world.earlier]).matchAll(/"image":"([^"]+)"/g);
    const images = new Set([...run].map(match => match[1] ?? ''));
    expect(images.size).toBeGreaterThan(5);
    const absent = [...images].filter(image => absenceOf(world, image) !== undefined);
    // The second is no reference at all.
    expect(absent).toEqual(name === 'shop' ? [] : ['clinic/web:2.0', 'Clinic/Web:1']);
  },
);
