import { expect, test } from 'vitest';
import { referenceFault } from '../../src/kubernetes/images.ts';

test.each(['web', 'acme/web:1.2', 'host.example:5000/acme/web', `web@sha256:${'0'.repeat(64)}`])(
  '%s is a reference to an image',
  image => {
    expect(referenceFault(image)).toBeUndefined();
  },
);

test.each([
  ['Acme/web', 'invalid reference format: repository name (Acme/web) must be lowercase'],
  ['acme/web:a b', 'invalid reference format'],
  ['', 'invalid reference format'],
])('%j is none: %s', (image, fault) => {
  expect(referenceFault(image)).toBe(fault);
});
