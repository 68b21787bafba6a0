import { expect, test } from 'vitest';
import { encodeStringData } from '../../src/kubernetes/string-data.ts';

const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db', namespace: 'shop' } };

test('stringData joins the data it is written beside, encoded, and is not kept itself', () => {
  const written = {
    ...secret,
    data: { user: 'YWRh', host: 'b2xk' },
    stringData: { host: 'db.shop', é: 'ü' },
  };
  expect(encodeStringData(written)).toEqual({
    ...secret,
    data: { user: 'YWRh', host: 'ZGIuc2hvcA==', é: 'w7w=' },
  });
});

test('what is no Secret, or has none, stays as it is', () => {
  const config = { ...secret, kind: 'ConfigMap', stringData: { a: 'b' } };
  expect(encodeStringData(config)).toBe(config);
  expect(encodeStringData(secret)).toBe(secret);
});
