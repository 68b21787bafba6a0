import { afterEach, expect, test } from 'vitest';
import { VigieError } from '../../src/core/errors.ts';
import { ask, askJson, findJson } from '../../src/http/ask.ts';
import { endpointTo } from '../integrations/support/endpoint-to.ts';
import { type Answering, sendJson, startWire, type Wire } from '../support/wire.ts';

let wire: Wire | undefined;
afterEach(async () => wire?.close());

async function endpointThat(answering: Answering) {
  wire = await startWire(answering);
  return endpointTo(wire.url);
}
const asked = { path: ['a'], signal: new AbortController().signal, deadlineMs: 5_000 };

test('what comes is read as JSON, with the time of whoever sent it', async () => {
  const endpoint = await endpointThat(({ response }) =>
    sendJson(response, { body: { a: 1 }, headers: { date: 'Sun, 22 Nov 2026 06:00:00 GMT' } }),
  );
  expect(await askJson(endpoint, asked)).toEqual({ body: { a: 1 }, time: new Date('2026-11-22T06:00:00Z') });
});

test('a refusal is told in its own words on one line, or as its client knows it', async () => {
  const endpoint = await endpointThat(({ response }) => {
    response.writeHead(422);
    response.end('no\u001B[31m\nlonger');
  });
  await expect(ask(endpoint, asked)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringMatching(/refused \(422\): no.*longer$/),
  });
  const refused = ({ status, said }: { status: number; said: string }) =>
    new VigieError('CONFLICT', `${status} ${said.length}`);
  await expect(askJson(endpoint, { ...asked, refused })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: '422 14',
  });
});

test('what is not there is no error where it may not be, and one elsewhere', async () => {
  const endpoint = await endpointThat(({ response }) => {
    response.writeHead(404);
    response.end('gone');
  });
  expect(await findJson(endpoint, asked)).toBeUndefined();
  await expect(askJson(endpoint, asked)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
