import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { CallResult } from '../../src/core/result.ts';
import { rejectTicket } from '../../src/pipeline/settle.ts';
import { type Cluster, describeOnCluster, namespaceOf, startCluster } from './support/on-cluster.ts';
import { type RealVigie, startRealVigie } from './support/start-real-vigie.ts';

// A real server knows more ways to confirm a guess: shared ownership of an equal value, immutability, checks of types.

const secrets = '/api/v1/namespaces/shop/secrets';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const login = (password: string) => JSON.stringify({ auths: { 'registry.test': { password } } });

const kinds: Record<string, (value: string) => JsonObject> = {
  opaque: value => ({ type: 'Opaque', data: { password: base64(value) } }),
  tls: value => ({ type: 'kubernetes.io/tls', data: { 'tls.crt': base64('crt'), 'tls.key': base64(value) } }),
  registry: value => ({
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': base64(login(value)) },
  }),
  basic: value => ({
    type: 'kubernetes.io/basic-auth',
    data: { username: base64('someone'), password: base64(value) },
  }),
  ssh: value => ({ type: 'kubernetes.io/ssh-auth', data: { 'ssh-privatekey': base64(value) } }),
  fixed: value => ({ type: 'Opaque', immutable: true, data: { password: base64(value) } }),
};

function secret(kind: string, value: string): JsonObject {
  const name = `guessed-${kind}`;
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'shop' }, ...kinds[kind]?.(value) };
}

function tellingOf({ status, text, data }: CallResult): string {
  const { id } = data;
  const said = `${status}\n${text}`.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
  return typeof id === 'string' ? said.replaceAll(id, 'ID') : said;
}

const [right, wrong] = ['Correct-Horse-77', 'a-longer-guess-that-is-wrong'];

describeOnCluster('a guess of a secret value on a real cluster', binaries => {
  let cluster: Cluster;
  let running: RealVigie;

  beforeAll(async () => {
    cluster = await startCluster(binaries);
    await cluster.make('/api/v1/namespaces', namespaceOf('shop'));
    running = await startRealVigie({ kubeconfig: readFileSync(cluster.kubeconfig, 'utf8') });
    await cluster.make(secrets, ...Object.keys(kinds).map(kind => secret(kind, right)));
  });
  afterAll(async () => {
    await running.stop();
    await cluster.stop();
  });

  test.each(Object.keys(kinds).flatMap(kind => [false, true].map(force => ({ kind, force }))))(
    'is answered alike, right or wrong: $kind, force $force',
    async ({ kind, force }) => {
      const said: string[] = [];
      for (const value of [right, wrong]) {
        const asked = await running.call('k8s_apply', {
          manifest: JSON.stringify(secret(kind, value)),
          namespace: 'shop',
          force,
        });
        said.push(tellingOf(asked));
        expect(asked.status, asked.text).toBe(force && kind !== 'fixed' ? 'approval_required' : 'failed');
        if (typeof asked.data['id'] === 'string')
          await rejectTicket(running.vigie, { id: asked.data['id'], person: 'alice' });
      }
      expect(said[1]).toBe(said[0]);
    },
  );

  test('is a rotation like any other once a person approved it', async () => {
    const manifest = JSON.stringify(secret('opaque', 'the-value-after-the-rotation'));
    const done = await running.change('k8s_apply', { manifest, force: true });
    expect(done.status, done.text).toBe('done');
    const { body } = await cluster.call({ method: 'GET', path: `${secrets}/guessed-opaque` });
    expect(body['data']).toEqual({ password: base64('the-value-after-the-rotation') });
  });
});
