import { expect, onTestFinished, test } from 'vitest';
import { startFakeLoki } from '../../support/fake-loki.ts';
import { askAsAdministrator } from '../../support/sandbox-client.ts';
import { allowEverything, startVigie } from '../../support/start-vigie.ts';
import { ago } from './systems-with-loki.ts';

const hidden = 'k8Zq-not-to-be-seen-4471';

async function openWhole(settings: Parameters<typeof startFakeLoki>[0] = {}, proof = '') {
  const loki = await startFakeLoki(settings);
  const whole = await startVigie({
    policy: allowEverything,
    // Ends the section of the cluster and begins that of logs.
    more: `}\n    logs: {loki: {url: "${loki.url}"${proof}}`,
  });
  onTestFinished(() => whole.stop());
  return { loki, whole };
}

test('a value of a Secret that a pod uses is masked in its lines, and no filter finds it', async () => {
  const { loki, whole } = await openWhole();
  const path = '/api/v1/namespaces/shop';
  await askAsAdministrator(whole.sandbox, {
    method: 'POST',
    path: `${path}/secrets`,
    body: { metadata: { name: 'mail' }, stringData: { password: hidden } },
  });
  const env = [{ name: 'MAIL', valueFrom: { secretKeyRef: { name: 'mail', key: 'password' } } }];
  await askAsAdministrator(whole.sandbox, {
    method: 'POST',
    path: `${path}/pods`,
    body: {
      metadata: { name: 'mailer' },
      spec: { containers: [{ name: 'mailer', image: 'shop/web:1', env }] },
    },
  });
  loki.push({ namespace: 'shop', pod: 'mailer' }, [[ago(30), `logging in with ${hidden}`]]);

  const shown = await whole.call('logs_query', { namespace: 'shop' });
  expect(shown.text).toContain('logging in with');
  expect(JSON.stringify(shown)).not.toContain(hidden);
  const raw = await whole.call('logs_query', { namespace: 'shop', raw: true });
  expect(raw.text).toContain('logging in with');
  expect(JSON.stringify(raw)).not.toContain(hidden);
  const guessed = await whole.call('logs_query', { namespace: 'shop', contains: hidden.slice(0, 8) });
  expect(guessed.data).toMatchObject({ lines: 0 });
  const missed = await whole.call('logs_query', { namespace: 'shop', contains: 'never said' });
  // A right guess answers as a wrong one.
  expect(guessed.text.replace(/\S+Z/g, '')).toBe(missed.text.replace(/\S+Z/g, ''));
});

test('a Loki that refuses, breaks off or is another program is told as what it is', async () => {
  const refused = await openWhole({ tenant: 'shop' }, ', tenant: other');
  expect(await refused.whole.call('logs_query', { namespace: 'shop' })).toMatchObject({
    data: { code: 'UNAUTHENTICATED' },
  });
  const broken = await openWhole({
    meddle: ({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"status":"success","data":', () => setTimeout(() => response.destroy(), 20));
      return true;
    },
  });
  expect(await broken.whole.call('logs_query', { namespace: 'shop' })).toMatchObject({
    data: { code: 'BAD_RESPONSE' },
  });
  const busy = await openWhole({
    meddle: ({ response }) => {
      response.writeHead(429).end('too many outstanding requests');
      return true;
    },
  });
  const answer = await busy.whole.call('logs_query', { namespace: 'shop' });
  expect(answer).toMatchObject({ data: { code: 'SERVER_ERROR' } });
  expect(answer.text).toContain('too many outstanding requests');
});
