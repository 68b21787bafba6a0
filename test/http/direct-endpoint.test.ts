import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { DirectEndpoint } from '../../src/http/direct-endpoint.ts';
import { type EndpointRequest, timeOf } from '../../src/http/endpoint.ts';
import { fc } from '../support/properties.ts';
import { type Answering, closedPort, makeCertificate, startWire, type Wire } from '../support/wire.ts';

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(server => server.close()));
});

async function wireThat(answering: Answering, certificate?: Parameters<typeof startWire>[1]): Promise<Wire> {
  const wire = await startWire(answering, certificate);
  open.push(wire);
  return wire;
}

function endpointAt(url: string, more: { token?: string; ca?: string } = {}): DirectEndpoint {
  const { token, ca } = more;
  return new DirectEndpoint({
    url: new URL(url),
    userAgent: 'vigie/test',
    proof: async () => (token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(ca === undefined ? {} : { ca: async () => ca }),
  });
}

function asking(more: Partial<EndpointRequest> = {}): EndpointRequest {
  return {
    method: 'GET',
    path: ['api', 'v1', 'query'],
    signal: new AbortController().signal,
    deadlineMs: 60_000,
    ...more,
  };
}

test('a request carries its proof below the path of the endpoint, and its answer is read as JSON', async () => {
  const wire = await wireThat(({ response }) => {
    response.writeHead(200, { date: 'Sun, 22 Nov 2026 03:00:00 GMT' }).end('{"status":"success"}');
  });
  const endpoint = endpointAt(`${wire.url}/prom/`, { token: 'secret-token' });
  const answer = await endpoint.send(asking({ query: [['query', 'up{job="a b"} + 1']] }));
  expect(timeOf(answer)?.toISOString()).toBe('2026-11-22T03:00:00.000Z');
  expect(await answer.json()).toEqual({ status: 'success' });
  expect(wire.seen).toMatchObject([
    {
      method: 'GET',
      path: '/prom/api/v1/query?query=up%7Bjob%3D%22a+b%22%7D+%2B+1',
      headers: { authorization: 'Bearer secret-token', 'user-agent': 'vigie/test' },
    },
  ]);
  expect(endpoint.shown).toBe(`${wire.url}/prom`);
});

test('a body goes out whole, and is sent once even when the answer breaks off', async () => {
  const wire = await wireThat(({ response }) => void response.destroy());
  const sending = endpointAt(wire.url).send(
    asking({ method: 'POST', body: { type: 'application/json', text: '{"é":1}' } }),
  );
  await expect(sending).rejects.toMatchObject({
    code: 'UNREACHABLE',
    details: { outcomeUnknown: true },
    retryable: false,
  });
  expect(wire.seen).toMatchObject([{ method: 'POST', body: '{"é":1}' }]);
});

test('what was asked over a connection that broke off is asked once more', async () => {
  const wire = await wireThat(({ response, nth }) => {
    if (nth === 1) response.destroy();
    else response.end('"here"');
  });
  expect(await (await endpointAt(wire.url).send(asking())).json()).toBe('here');
  expect(wire.seen).toHaveLength(2);
});

test('a packed answer is unpacked, and one that unpacks to more than its bound is refused', async () => {
  const wire = await wireThat(({ response }) => {
    response
      .writeHead(200, { 'content-encoding': 'gzip' })
      .end(gzipSync(JSON.stringify('a'.repeat(100_000))));
  });
  const endpoint = endpointAt(wire.url);
  expect(await (await endpoint.send(asking())).text()).toHaveLength(100_002);
  const small = await endpoint.send(asking({ maxBytes: 50_000 }));
  await expect(small.text()).rejects.toMatchObject({ code: 'BAD_RESPONSE', details: { tooLarge: true } });
});

test('an answer is handed on piece by piece while it comes', async () => {
  let rest = (): void => undefined;
  const wire = await wireThat(({ response }) => {
    response.writeHead(200);
    response.write('first');
    rest = () => response.end('second');
  });
  const answer = await endpointAt(wire.url).send(asking());
  const pieces: string[] = [];
  for await (const piece of answer.body) {
    pieces.push(Buffer.from(piece).toString());
    rest();
  }
  expect(pieces).toEqual(['first', 'second']);
});

test.each([
  [401, '', 'UNAUTHENTICATED', 'did not accept the credentials'],
  [403, '{"message":"only viewers"}', 'FORBIDDEN', 'only viewers'],
  [302, '', 'BAD_RESPONSE', 'no redirect is followed'],
  [
    500,
    '{"status":"error","error":"query processing would load too many samples"}',
    'SERVER_ERROR',
    'too many samples',
  ],
  [503, 'service  \u001B[31munavailable', 'SERVER_ERROR', '(503): service  unavailable'],
  [502, '<html><body>Bad Gateway</body></html>', 'SERVER_ERROR', 'failed to answer (502)'],
  [429, '', 'SERVER_ERROR', 'failed to answer (429)'],
])('a %i is told as what it means', async (status, body, code, message) => {
  const wire = await wireThat(({ response }) => {
    response.writeHead(status, { location: 'http://169.254.169.254/secrets' }).end(body);
  });
  const sending = endpointAt(wire.url, { token: 'secret-token' }).send(asking());
  await expect(sending).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  expect(wire.seen).toHaveLength(1);
});

test('a 502 may be tried again and a 500 may not; a page for a browser is not quoted', async () => {
  const wire = await wireThat(({ response, nth }) => {
    response.writeHead(nth === 1 ? 502 : 500).end('<!DOCTYPE html><p>proxy of ops</p>');
  });
  const endpoint = endpointAt(wire.url);
  const failures = [await failureOf(endpoint.send(asking())), await failureOf(endpoint.send(asking()))];
  expect(failures.map(({ retryable }) => retryable)).toEqual([true, false]);
  expect(String(failures)).not.toContain('proxy of ops');
});

test('what is wrong with the request itself is handed on to whoever knows the system', async () => {
  const wire = await wireThat(({ response }) => void response.writeHead(422).end('{"error":"parse error"}'));
  const answer = await endpointAt(wire.url).send(asking());
  expect([answer.status, await answer.json()]).toEqual([422, { error: 'parse error' }]);
});

test('an answer that breaks off half way is no answer', async () => {
  const wire = await wireThat(({ response }) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('{"data":', () => response.destroy());
  });
  const answer = await endpointAt(wire.url).send(asking());
  await expect(answer.json()).rejects.toMatchObject({
    code: 'BAD_RESPONSE',
    message: expect.stringContaining('broke off'),
  });
});

test('a 200 that is no JSON is said to be none, without a word of it', async () => {
  const wire = await wireThat(({ response }) => void response.end('<html>sign in, alice</html>'));
  const failure = await failureOf((await endpointAt(wire.url).send(asking())).json());
  expect(failure).toMatchObject({ code: 'BAD_RESPONSE', message: expect.stringContaining('not JSON') });
  expect(failure.message).not.toContain('alice');
});

test('the time of a request ends one whose head, and one whose body, does not come', async () => {
  const wire = await wireThat(({ response, nth }) => {
    if (nth === 1) return;
    response.writeHead(200);
    response.write('{');
  });
  const endpoint = endpointAt(wire.url);
  await expect(endpoint.send(asking({ deadlineMs: 100 }))).rejects.toMatchObject({ code: 'TIMEOUT' });
  const answer = await endpoint.send(asking({ deadlineMs: 2_000 }));
  await expect(answer.text()).rejects.toMatchObject({ code: 'TIMEOUT', retryable: true });
});

test('a call that is stopped ends its request, before the head and after it', async () => {
  const wire = await wireThat(({ response, nth }) => {
    if (nth === 1) return stopFirst.abort();
    response.writeHead(200);
    response.write('{', () => stopSecond.abort());
    return undefined;
  });
  const [stopFirst, stopSecond] = [new AbortController(), new AbortController()];
  const endpoint = endpointAt(wire.url);
  await expect(endpoint.send(asking({ signal: stopFirst.signal }))).rejects.toMatchObject({
    code: 'CANCELLED',
  });
  const second = endpoint.send(asking({ signal: stopSecond.signal })).then(answer => answer.text());
  await expect(second).rejects.toMatchObject({ code: 'CANCELLED' });
});

test('where nobody listens, and where something else than HTTP does, is said', async () => {
  const silent = endpointAt(`http://127.0.0.1:${await closedPort()}`);
  await expect(silent.send(asking())).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringContaining('ECONNREFUSED'),
  });
  const other = createServer(socket => {
    socket.on('error', () => undefined).write('SSH-2.0-OpenSSH_9.6\r\n');
    socket.destroySoon();
  });
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve));
  open.push({ close: () => new Promise(resolve => other.close(resolve)) });
  const { port } = other.address() as AddressInfo;
  const asked = endpointAt(`http://127.0.0.1:${port}`).send(asking());
  await expect(asked).rejects.toMatchObject({
    code: 'BAD_RESPONSE',
    message: expect.stringContaining('not HTTP'),
  });
});

test('a certificate counts by the authorities that were named, whatever the environment says', async () => {
  const certificate = makeCertificate('IP:127.0.0.1');
  const wire = await wireThat(({ response }) => void response.end('1'), certificate);
  expect(await (await endpointAt(wire.url, { ca: certificate.cert }).send(asking())).json()).toBe(1);
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  try {
    await expect(endpointAt(wire.url).send(asking())).rejects.toMatchObject({
      code: 'UNREACHABLE',
      hint: expect.stringContaining('vigie.yaml'),
    });
  } finally {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
  }
});

test('a token with a line break is refused without being shown', async () => {
  const wire = await wireThat(({ response }) => void response.end('1'));
  const failure = await failureOf(endpointAt(wire.url, { token: 'abc\r\nx-evil: 1' }).send(asking()));
  expect(failure).toMatchObject({ code: 'SECRET' });
  expect(failure.message).not.toContain('abc');
  expect(wire.seen).toEqual([]);
});

// A slash that is encoded is decoded again by servers and proxies on the way, once or twice.
const hostileParts = [
  '..',
  '.',
  '%2e%2E',
  '',
  '\uD800',
  '../../-/quit',
  'a/b',
  'a\\b',
  'a%2Fb',
  'a%252fb',
  'a%5cb',
];

test.each(hostileParts)('a part of a path that is %j does not leave', async part => {
  const wire = await wireThat(({ response }) => void response.end('1'));
  await expect(
    endpointAt(`${wire.url}/prom`).send(asking({ path: ['api', part, 'x'] })),
  ).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
  expect(wire.seen).toEqual([]);
});

test('whatever a part of a path holds, it arrives as that one part below the endpoint', async () => {
  const wire = await wireThat(({ response }) => void response.end('1'));
  const endpoint = endpointAt(`${wire.url}/prom`);
  await fc.assert(
    fc.asyncProperty(
      fc
        .string({ unit: 'binary', minLength: 1, maxLength: 30 })
        .filter(part => part.isWellFormed() && !/^\.{1,2}$|[/\\]/.test(part)),
      async part => {
        const answer = await endpoint.send(asking({ path: ['label', part] }));
        answer.discard();
        const segments = (wire.seen.at(-1)?.path ?? '').split('/');
        expect(segments.slice(0, 3)).toEqual(['', 'prom', 'label']);
        expect(segments.slice(3).map(decodeURIComponent)).toEqual([part]);
      },
    ),
    { numRuns: 50 },
  );
});

async function failureOf(promise: Promise<unknown>): Promise<Error & { retryable?: boolean }> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it did not fail');
}
