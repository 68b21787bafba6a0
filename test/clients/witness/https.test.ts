import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { httpsWitness } from '../../../src/clients/witness/https.ts';
import { temporaryFolder } from '../../store/open-temporary.ts';
import { startEndpoint, type WitnessEndpoint } from '../../support/witness-endpoint.ts';
import { rowFor } from './rows.ts';

const { signal } = new AbortController();
const at = '2026-11-21T10:00:00.000Z';
const installation = '0123456789abcdef';
let endpoint: WitnessEndpoint;

beforeEach(async () => {
  endpoint = await startEndpoint(await temporaryFolder());
});
afterEach(async () => {
  delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  await endpoint.close();
});

function witness(more: { installation?: string; token?: () => Promise<string> } = {}) {
  return httpsWitness({ url: endpoint.url, caFile: endpoint.caFile, installation, ...more });
}

test('a row is posted with the token, and the newest is read back, each installation its own', async () => {
  const known = witness({ token: async () => 'the-token-4711' });
  expect(await known.recall(signal)).toEqual([]);
  await known.record({ ...rowFor(1), at }, signal);
  await known.record({ ...rowFor(4), at }, signal);
  expect(endpoint.posts[0]).toEqual({
    body: { installation, ...rowFor(1), at },
    authorization: 'Bearer the-token-4711',
  });
  expect(await known.recall(signal)).toEqual([rowFor(4)]);
  expect(await witness({ installation: 'f'.repeat(16) }).recall(signal)).toEqual([]);
});

test('a certificate of another authority is refused, whatever the environment says', async () => {
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  const stranger = httpsWitness({ url: endpoint.url, installation });
  await expect(stranger.record({ ...rowFor(1), at }, signal)).rejects.toMatchObject({
    code: 'WITNESS',
    message: expect.stringMatching(/certificate/),
  });
  expect(endpoint.posts).toEqual([]);
});

test('another hash for a row that it has is told as such', async () => {
  await witness().record({ ...rowFor(1), at }, signal);
  await expect(witness().record({ sequence: 1, hash: rowFor(2).hash, at }, signal)).rejects.toMatchObject({
    message: expect.stringContaining('it has another hash for row 1'),
  });
});

test('a redirect is not followed, and neither the token nor what the server says gets out', async () => {
  const elsewhere: string[] = [];
  const other = createServer((request, response) => {
    elsewhere.push(request.headers.authorization ?? '');
    response.end();
  });
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve));
  const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
  endpoint.answer = { status: 307, text: 'the-token-4711', location };
  const failed: unknown = await witness({ token: async () => 'the-token-4711' })
    .record({ ...rowFor(1), at }, signal)
    .catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: 'WITNESS', details: { why: 'it answered 307' } });
  expect(elsewhere).toEqual([]);
  await new Promise(resolve => other.close(resolve));
});

test.each([
  ['no JSON', { status: 200, text: '<html>' }],
  ['another shape', { status: 200, text: '{"sequence":"1","hash":"x"}' }],
  ['a hash that is none', { status: 200, text: '{"sequence":1,"hash":"x"}' }],
  ['an error', { status: 500, text: '{}' }],
  ['far too much', { status: 200, text: 'x'.repeat(100_000) }],
])('%s is no answer', async (_, answer) => {
  endpoint.answer = answer;
  await expect(witness().recall(signal)).rejects.toMatchObject({ code: 'WITNESS' });
});

test('one that does not answer is given up within its time', async () => {
  endpoint.silent = true;
  await expect(witness().record({ ...rowFor(1), at }, signal)).rejects.toMatchObject({
    details: { why: 'no answer within 5 s' },
  });
});

test('a token that cannot be had is named and nothing is sent', async () => {
  const known = witness({ token: () => Promise.reject(new Error('the secret env:GONE cannot be resolved')) });
  await expect(known.record({ ...rowFor(1), at }, signal)).rejects.toMatchObject({
    message: expect.stringContaining('env:GONE'),
  });
  expect(endpoint.posts).toEqual([]);
});
