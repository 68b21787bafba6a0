import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject } from '../../../src/core/json.ts';
import { defineAttack, judge } from '../attack.ts';
import { secretsByType } from './planted.ts';
import { startPlanted } from './planted-world.ts';
import { everyString } from './traces.ts';

const value = secretsByType['a-password']?.entries['password'] ?? '';
/** What could be guessed at without asking anybody, of the value alone and as a program prints it. */
const hashes = [value, `${value}\n`].flatMap(text =>
  ['sha256', 'sha1', 'md5'].flatMap(name =>
    (['hex', 'base64'] as const).map(encoding => createHash(name).update(text).digest(encoding)),
  ),
);
const sizes = new RegExp(String.raw`\b(?:${value.length}|${value.length + 1}) (?:bytes|B)\b`);

export const measuredSecrets = defineAttack({
  name: 'measured-secrets',
  adversary: 'secret hunt',
  does: 'Has a command print a secret and a copy carry one out, both allowed, and looks in the answers and the records for its size and for hashes of it.',
  must: 'The output is masked, and nothing beside it tells the length of a value or lets it be guessed elsewhere.',
  needs: 'script',
  async run(ground) {
    const cluster = await startPlanted(ground, { policy: '{low: allow, medium: allow, high: allow}' });
    // Straight to the cluster: the line of a command is no request that the wire between could pass on.
    const straight = (await readFile(cluster.kubeconfig, 'utf8')).replaceAll(
      cluster.url,
      cluster.sandbox.url,
    );
    await writeFile(cluster.kubeconfig, straight);
    await ground.accept(await ground.approver('alice'));
    await cluster.admin('POST', '/api/v1/namespaces/shop/pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'holds', namespace: 'shop' },
      spec: {
        containers: [
          {
            name: 'main',
            image: 'shop/web:1',
            env: [{ name: 'PIN', valueFrom: { secretKeyRef: { name: 'a-password', key: 'password' } } }],
            volumeMounts: [{ name: 'v', mountPath: '/data' }],
          },
        ],
        volumes: [{ name: 'v', secret: { secretName: 'a-password' } }],
      },
    });
    await cluster.sandbox.advance(5_000);
    const door = await ground.stdio();
    const call = async (name: string, input: JsonObject): Promise<string> =>
      everyString(await door.request('tools/call', { name, arguments: input }));
    const seen = [
      await call('k8s_exec', { pod: 'holds', namespace: 'shop', command: ['printenv', 'PIN'] }),
      await call('k8s_exec', { pod: 'holds', namespace: 'shop', command: ['cat', '/data/password'] }),
    ];
    const copied = await ground.run('k8s', 'cp', 'holds:/data', join(ground.dir, 'taken'), '-n', 'shop');
    seen.push(copied.stdout);
    const list = await call('changes_list', { format: 'json' });
    const ids = [...new Set([...list.matchAll(/"id":"(\w{8})"/g)].map(([, id = '']) => id))];
    for (const id of ids) seen.push(await call('changes_get', { id }));
    const all = seen.join('\n');
    return judge(`${ids.length} records, ${all.length} characters`, {
      'all of it was done': ids.length === 3 && copied.status === 0,
      'the output is shown, masked': all.includes('[redacted #') && !all.includes(value),
      'no hash of it is told': !hashes.some(hash => all.includes(hash)),
      'no size of it is told': !sizes.test(all),
    });
  },
});
