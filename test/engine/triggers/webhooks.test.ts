import { request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { TriggersConfig } from '../../../src/config/triggers-config.ts';
import { VigieError } from '../../../src/core/errors.ts';
import { SecretReference } from '../../../src/core/secret-reference.ts';
import { eventually } from '../../support/eventually.ts';
import { groupOf, hookKey, playbook, send, signed, startTriggers, token } from './triggers-of.ts';

const deploy = playbook('deploy', {
  on: '{webhook: {path: signed, auth: hmac, inputs: {tag: "${{ trigger.body.tag }}"}}}',
  more: 'inputs: {tag: {type: string, required: true}}',
});
const told = playbook('told', { on: '{webhook: {path: told, auth: bearer, inputs: {}}}' });
const body = '{"tag":"v1.2.3"}';

describe('a signed delivery', () => {
  test('starts the playbook of its path, with what that takes of the body', async () => {
    const { url, runs, journal } = await startTriggers([deploy, told]);
    expect(await send(`${url}/hooks/signed`, body, signed(body))).toMatchObject({
      status: 200,
      tally: { started: 1 },
    });
    const [run] = await runs();
    expect(await journal.get(run?.id ?? '')).toMatchObject({
      name: 'deploy',
      input: { tag: 'v1.2.3' },
      startedBy: { name: 'webhook:signed', trigger: { body: { tag: 'v1.2.3' } } },
    });
  });

  test('is signed as Standard Webhooks says', async () => {
    // The vector of that standard's own documentation.
    const key = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
    const { faultOfSignature } = await import('../../../src/engine/triggers/prove-sender.ts');
    const head = {
      'webhook-id': id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    const facts = { body: Buffer.from('{"test": 2432232314}'), secret: key, now: 1_614_265_330_000 };
    expect(faultOfSignature(head, facts)).toBeUndefined();
    expect(faultOfSignature(head, { ...facts, body: Buffer.from('{"test": 2432232315}') })).toMatch(
      'not fit',
    );
    const several = { ...head, 'webhook-signature': `v1,wrong v2,other ${head['webhook-signature']}` };
    expect(faultOfSignature(several, facts)).toBeUndefined();
  });

  test('that is sent again, by its sender or by who overheard it, starts nothing', async () => {
    const { url, runs, passTime } = await startTriggers([deploy]);
    const headers = signed(body);
    await send(`${url}/hooks/signed`, body, headers);
    expect((await send(`${url}/hooks/signed`, body, headers)).tally).toMatchObject({ started: 0, exists: 1 });
    passTime(5 * 60_000 + 2_000);
    expect(await send(`${url}/hooks/signed`, body, headers)).toMatchObject({
      status: 401,
      error: expect.stringContaining('webhook-timestamp'),
    });
    expect(await runs()).toHaveLength(1);
  });

  test('that is held in a storm is answered with 503, and starts its run once when it is sent again', async () => {
    const { url, runs, passTime } = await startTriggers([deploy]);
    const deliver = (index: number) => {
      const tagged = `{"tag":"v${index}"}`;
      return send(`${url}/hooks/signed`, tagged, signed(tagged, { id: `msg_${index}` }));
    };
    for (let index = 0; index < 10; index += 1) expect((await deliver(index)).status).toBe(200);
    const held = await deliver(10);
    expect(held).toMatchObject({ status: 503, error: expect.stringContaining('send it again') });
    expect(held.headers.get('retry-after')).toBe('120');
    expect(await runs()).toHaveLength(10);
    passTime(11 * 60_000);
    const tagged = '{"tag":"v10"}';
    const again = signed(tagged, { id: 'msg_10', at: Date.now() + 11 * 60_000 });
    expect(await send(`${url}/hooks/signed`, tagged, again)).toMatchObject({
      status: 200,
      tally: { started: 1 },
    });
    expect((await send(`${url}/hooks/signed`, tagged, again)).tally).toMatchObject({ started: 0, exists: 1 });
  });

  test('that is refused for now is answered with 503, and says nothing of why to its sender', async () => {
    const scale = playbook('scale', {
      on: '{webhook: {path: signed, auth: hmac, inputs: {}}}',
      steps:
        '{id: up, tool: k8s_scale, with: {target: {kind: Deployment, name: web, namespace: shop}, replicas: 3}}',
    });
    let rehearsed = true;
    const {
      url,
      runs,
      test: vigie,
    } = await startTriggers([scale], {
      mayStart: async () => {
        if (!rehearsed) throw new VigieError('NOT_REHEARSED', 'in payments nothing was rehearsed');
      },
    });
    const deliver = () => send(`${url}/hooks/signed`, body, signed(body));
    rehearsed = false;
    const refused = await deliver();
    expect(refused).toMatchObject({ status: 503, error: 'Nothing may start by itself now; send it again.' });
    expect(refused.headers.get('retry-after')).toBe('120');
    rehearsed = true;
    expect(await deliver()).toMatchObject({ status: 200, tally: { started: 1 } });
    expect(await runs()).toHaveLength(1);
    await (await vigie.vigie.store()).settings.setKillSwitch({
      on: true,
      by: 'alice',
      why: 'a leak in payments',
      audit: { event: 'kill_switch_on', facts: { by: 'alice' } },
    });
    const other = '{"tag":"v2"}';
    const stopped = await send(`${url}/hooks/signed`, other, signed(other, { id: 'msg_2' }));
    expect(stopped).toMatchObject({ status: 503, error: expect.not.stringContaining('payments') });
  });

  test('whose inputs are wrong is no better the second time: it is answered with 200', async () => {
    const wants = playbook('wants', {
      on: '{webhook: {path: signed, auth: hmac, inputs: {tag: "${{ trigger.body.tag }}"}}}',
      more: 'inputs: {tag: {type: string, required: true}}',
    });
    const { url } = await startTriggers([wants]);
    const other = '{"tag":5}';
    expect(await send(`${url}/hooks/signed`, other, signed(other))).toMatchObject({
      status: 200,
      tally: { refused: 1 },
    });
  });

  test.each([
    ['whsec_!!!!!!!!!!!!', 'is no base64'],
    ['whsec_====================', 'is no base64'],
    ['whsec_********************', 'is no base64'],
    ['whsec_${WEBHOOK_SECRET}', 'is no base64'],
    ['whsec_', 'is no base64'],
    ['whsec_AAAAAAAAAA', 'less than 16 bytes'],
    [' '.repeat(40), 'shorter than 16'],
    ['\n'.repeat(40), 'shorter than 16'],
  ])('is proven by no key as %j: it is refused where it is read', async (value, said) => {
    const { secretOf } = await import('../../../src/engine/triggers/prove-sender.ts');
    const secret = SecretReference.parse('env:KEY') ?? expect.unreachable();
    const sender = { name: 'signed', environment: 'test', proof: 'hmac' as const, secret };
    await expect(secretOf(sender, { KEY: value })).rejects.toMatchObject({
      code: 'SECRET',
      message: expect.stringContaining(said),
    });
    const key = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    expect(await secretOf(sender, { KEY: key })).toBe(key);
  });

  test.each([
    ['another key', signed(body, { key: 'another-key-of-some-length' }), 'does not fit'],
    ['another body', signed('{"tag":"v9"}'), 'does not fit'],
    ['another id', { ...signed(body), 'webhook-id': 'msg_2' }, 'does not fit'],
    ['an old time', signed(body, { at: Date.now() - 301_000 }), 'within 300 seconds'],
    ['a time to come', signed(body, { at: Date.now() + 320_000 }), 'within 300 seconds'],
    ['no signature', {}, 'are needed'],
    ['the key as a token', { authorization: `Bearer ${hookKey}` }, 'are needed'],
  ])('with %s is refused', async (_, headers, said) => {
    const { url, runs } = await startTriggers([deploy]);
    expect(await send(`${url}/hooks/signed`, body, headers)).toMatchObject({
      status: 401,
      error: expect.stringContaining(said),
    });
    expect(await runs()).toEqual([]);
  });
});

describe('a delivery with a token', () => {
  test('is known by its id, and without one by what it holds', async () => {
    const { url } = await startTriggers([told]);
    const headers = { authorization: `Bearer ${token}` };
    const started = async (text: string, more = {}) =>
      (await send(`${url}/hooks/told`, text, { ...headers, ...more })).tally.started;
    expect(await started('{"n":1}')).toBe(1);
    expect(await started('{"n":1}')).toBe(0);
    expect(await started('{"n":2}')).toBe(1);
    expect(await started('{"n":2}', { 'webhook-id': 'a' })).toBe(1);
    expect(await started('{"n":3}', { 'webhook-id': 'a' })).toBe(0);
  });

  test('is taken by the right token however many wrong ones came before', async () => {
    const { url } = await startTriggers([told]);
    for (let count = 0; count < 10; count++)
      expect((await send(`${url}/hooks/told`, '{}', { authorization: 'Bearer wrong' })).status).toBe(401);
    const refused = await send(`${url}/hooks/told`, '{}', {});
    expect(refused).toMatchObject({ status: 429, error: 'Too many wrong proofs.' });
    expect(refused.headers.get('retry-after')).toBe('60');
    expect((await send(`${url}/hooks/told`, '{}')).status).toBe(200);
  });
});

test('a playbook that wants a signature is not started by a token', async () => {
  const wants = playbook('wants', { on: '{webhook: {path: told, auth: hmac, inputs: {}}}' });
  const { url, runs } = await startTriggers([wants]);
  expect((await send(`${url}/hooks/told`, '{}')).tally).toMatchObject({ started: 0, refused: 1 });
  expect(await runs()).toEqual([]);
});

test('of a long body the run keeps what its inputs took, and nothing else', async () => {
  const { url, runs, journal } = await startTriggers([deploy]);
  const long = JSON.stringify({ tag: 'v1', more: 'x '.repeat(10_000) });
  expect((await send(`${url}/hooks/signed`, long, signed(long))).tally).toMatchObject({ started: 1 });
  const [run] = await runs();
  const view = await journal.get(run?.id ?? '');
  expect(view?.input).toEqual({ tag: 'v1' });
  expect(JSON.stringify(view).length).toBeLessThan(2_000);
  const longer = JSON.stringify({ tag: 'v1', more: 'x'.repeat(61 * 1024) });
  expect(await send(`${url}/hooks/signed`, longer, signed(longer, { id: 'msg_2' }))).toMatchObject({
    status: 413,
    error: expect.stringContaining('61440'),
  });
});

describe('the listener', () => {
  test('a sender that was taken out of vigie.yaml sends nothing any more', async () => {
    const config: Partial<TriggersConfig> = {};
    const { url, passTime } = await startTriggers([told], { config });
    expect((await send(`${url}/hooks/told`, '{}')).status).toBe(200);
    config.webhooks = [];
    passTime(5_000);
    expect((await send(`${url}/hooks/told`, '{}')).status).toBe(404);
  });

  test.each([
    ['POST', '/alerts/nobody', {}, 404],
    ['POST', '/hooks/main', {}, 404],
    ['POST', '/alerts/../hooks/told', {}, 404],
    ['GET', '/alerts/main', {}, 405],
    ['POST', '/alerts/main?token=x', {}, 400],
    ['POST', '/alerts/main', { 'content-type': 'text/plain' }, 415],
    ['POST', '/alerts/main', { host: 'evil.test' }, 403],
    ['POST', '/alerts/main', { origin: 'http://evil.test' }, 403],
    ['POST', '/alerts/main', { authorization: 'Bearer wrong' }, 401],
  ])('%s %s with %j is answered with %i', async (method, path, headers, status) => {
    const { url } = await startTriggers([]);
    const { port } = new URL(url);
    const answered = new Promise<number>((resolve, reject) => {
      const own = { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers };
      const sent = request({ host: '127.0.0.1', port, method, path, headers: own }, response => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      sent.on('error', reject);
      sent.end(method === 'POST' ? JSON.stringify(groupOf()) : undefined);
    });
    expect(await answered).toBe(status);
  });

  test('a body that is announced too large is not read, nor one that goes on and on', async () => {
    const { url } = await startTriggers([told]);
    const { port } = new URL(url);
    const answerTo = async (head: string, chunk = ''): Promise<string> => {
      const socket = connect(Number(port), '127.0.0.1');
      let answer = '';
      socket.on('data', data => {
        answer += String(data);
      });
      socket.on('error', () => {});
      socket.write(
        `POST /hooks/told HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n${head}\r\n\r\n`,
      );
      const times = chunk === '' ? 0 : 40;
      for (let sent = 0; sent < times && !socket.destroyed; sent++)
        await new Promise<void>(resolve => {
          socket.write(chunk, () => resolve());
        });
      return eventually(() => {
        if (!answer.includes('\r\n\r\n')) throw new Error('no answer yet');
        socket.destroy();
        return answer;
      });
    };
    expect(await answerTo('content-length: 99999999')).toMatch(/^HTTP\/1.1 413/);
    const piece = 'x'.repeat(0xffff);
    expect(await answerTo('transfer-encoding: chunked', `ffff\r\n${piece}\r\n`)).toMatch(/^HTTP\/1.1 413/);
  });

  test('who sends a body slowly is let go, and keeps nobody waiting', async () => {
    const { url } = await startTriggers([told]);
    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    let answer = '';
    socket.on('data', data => {
      answer += String(data);
    });
    socket.write(
      `POST /hooks/told HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
    );
    expect((await send(`${url}/hooks/told`, '{"n":1}')).status).toBe(200);
    await eventually(() => expect(answer).toMatch(/^HTTP\/1.1 408/));
    await eventually(() => expect(socket.destroyed).toBe(true));
  });

  test('a store that is away is answered with when to try again, and what is sent again then starts', async () => {
    const { url, journal, runs } = await startTriggers([told]);
    const begin = journal.begin.bind(journal);
    const { VigieError } = await import('../../../src/core/errors.ts');
    // The file of a journal cannot be taken away from a process that has it open: its line fails as a full disk makes it.
    journal.begin = async () => {
      throw new VigieError('STORE', 'The store failed: the disk is full.');
    };
    const refused = await send(`${url}/hooks/told`, '{}');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('10');
    journal.begin = begin;
    expect((await send(`${url}/hooks/told`, '{}')).tally).toMatchObject({ started: 1 });
    expect(await runs()).toHaveLength(1);
  });
});
