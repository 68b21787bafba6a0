import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../../src/core/json.ts';
import { defineAttack, judge } from '../attack.ts';
import { startPlanted } from './planted-world.ts';
import { Catch, told, tracesBelow } from './traces.ts';

export const secretsOverHttp = defineAttack({
  name: 'secrets-over-http',
  adversary: 'secret hunt',
  does: 'Asks for the same objects over HTTP, proposes changes of them, and reads every byte of answers, headers, streams and the log at its most talkative.',
  must: 'Not twelve characters of any planted secret, and not the token of the caller or of the cluster, are in any of them or in a file of the home.',
  async run(ground) {
    const cluster = await startPlanted(ground);
    ground.home.env['VIGIE_LOG'] = 'debug';
    const door = await ground.http();
    const session = await door.session();
    const left = new Catch();
    const raw: string[] = [];
    const call = async (name: string, input: JsonObject): Promise<void> => {
      const answer = await session.send('tools/call', { name, arguments: input });
      const text = `${JSON.stringify(answer.headers)}\n${answer.text}\n${answer.text.replaceAll('\\', '')}`;
      left.add(`${name} ${JSON.stringify(input)}`, text);
      raw.push(text);
    };
    const target = (kind: string, name: string): JsonObject => ({ kind, name, namespace: 'shop' });
    const targets = [
      target('Secret', 'a-password'),
      target('Secret', 'applied'),
      target('ConfigMap', 'texts'),
      target('Deployment', 'web'),
      target('Database', 'db'),
    ];
    for (const format of ['yaml', 'json'])
      for (const each of targets) await call('k8s_get', { target: each, format });
    for (const kind of ['secrets', 'configmaps', 'pods', 'events', 'databases'])
      await call('k8s_list', { kind, format: 'json', wide: true });
    await call('k8s_logs', { target: target('Deployment', 'web') });
    await call('k8s_scale', { target: target('Deployment', 'web'), replicas: 2 });
    await call('k8s_rollout', { target: target('Deployment', 'web'), action: 'restart' });
    await call('k8s_delete', { target: target('Secret', 'a-password') });
    await call('changes_list', {});
    left.add('stderr', door.stderr);
    const files = tracesBelow(join(ground.dir, 'home'));
    for (const find of files.found) left.add(find, find);
    const found = [...left.found(), ...files.found];
    const said = `${raw.join('\n')}\n${door.stderr.replace(/Token, shown this once: \S+/, '')}`;
    return judge(`${left.size} answers, ${left.bytes} bytes, ${files.files} files: ${told(found)}`, {
      'the planted objects were shown': left.holds('DB_PASSWORD') && left.holds('redacted #'),
      'nothing was found': found.length === 0,
      'the token of the cluster is in none': !said.includes(cluster.sandbox.token),
      'the token of the caller is in none': !said.includes(door.token),
      'the store was searched': readdirSync(join(ground.dir, 'home')).includes('vigie.db'),
    });
  },
});
