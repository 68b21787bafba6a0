import { isObject, type JsonObject } from '../../../src/core/json.ts';
import { defineAttack, judge } from '../attack.ts';
import type { StdioDoor } from '../stdio-door.ts';
import { planted, secretsByType, textsByForm } from './planted.ts';
import { lastLogLine, startPlanted } from './planted-world.ts';
import { Catch, everyString, told } from './traces.ts';

const fields = [
  'data',
  'metadata.annotations',
  'spec.template.spec.containers[0].env',
  'spec.template.spec.containers[0].args',
  'spec.template.spec.containers[0].command',
  'spec.template.spec.containers[0].livenessProbe',
  'spec.template.spec.containers[0].readinessProbe.httpGet',
  'spec',
  'spec.password',
  'status.message',
];
const kinds = ['secrets', 'configmaps', 'deployments', 'replicasets', 'pods', 'events', 'databases'];

export const secretsInAnswers = defineAttack({
  name: 'secrets-in-answers',
  adversary: 'secret hunt',
  does: `Plants ${planted.size} secrets as data of Secrets of each type, in variables, arguments, probes, annotations, ConfigMaps, custom objects, events, statuses and logs, and asks every tool, resource and prompt over MCP, with every format and field.`,
  must: 'Not twelve characters of any of them leave, raw or encoded, in answers, progress or the log.',
  async run(ground) {
    await startPlanted(ground);
    ground.home.env['VIGIE_LOG'] = 'debug';
    const door = await ground.stdio();
    const left = new Catch();
    await askEverything(door, left);
    left.add('stderr', door.stderr);
    left.add('stdout', door.noise.join('\n') + JSON.stringify(door.answers));
    const found = left.found();
    return judge(`${left.size} answers, ${left.bytes} bytes: ${told(found)}`, {
      'the planted objects were shown': left.holds('DB_PASSWORD') && left.holds('redacted #'),
      'logs and events were shown': left.holds('login failed') && left.holds(lastLogLine),
      'nothing was found': found.length === 0,
    });
  },
});

async function askEverything(door: StdioDoor, left: Catch): Promise<void> {
  const ask = async (method: string, params: JsonObject): Promise<JsonObject> => {
    const answer = await door.request(method, params);
    left.add(`${method} ${JSON.stringify(params).slice(0, 120)}`, everyString(answer));
    return answer;
  };
  const call = (name: string, input: JsonObject): Promise<JsonObject> =>
    ask('tools/call', { name, arguments: input });
  const target = (kind: string, name: string): JsonObject => ({ kind, name, namespace: 'shop' });
  const targets = [
    ...Object.keys(secretsByType).map(name => target('Secret', name)),
    target('Secret', 'applied'),
    target('ConfigMap', 'texts'),
    target('Deployment', 'web'),
    target('Database', 'db'),
  ];
  for (const format of ['yaml', 'json'])
    for (const each of targets) await call('k8s_get', { target: each, format });
  for (const each of targets.slice(-4))
    for (const field of fields) await call('k8s_get', { target: each, field });
  for (const name of Object.keys(textsByForm))
    await call('k8s_get', { target: target('ConfigMap', 'texts'), field: `data.${name}` });
  for (const kind of kinds)
    for (const format of ['table', 'json']) await call('k8s_list', { kind, format, wide: true });
  await call('k8s_events', { target: target('Deployment', 'web') });
  await call('k8s_events', {});
  await call('k8s_logs', { target: target('Deployment', 'web'), tailLines: 5_000 });
  for (const grep of ['assword', 'token', 'BEGIN'])
    await call('k8s_logs', { target: target('Deployment', 'web'), grep });
  for (const [list, read, member, key] of [
    ['resources/list', 'resources/read', 'resources', 'uri'],
    ['prompts/list', 'prompts/get', 'prompts', 'name'],
  ] as const) {
    const { result } = await ask(list, {});
    const items = isObject(result) && Array.isArray(result[member]) ? result[member] : [];
    for (const item of items)
      if (isObject(item)) await ask(read, { [key]: item[key], ...(key === 'name' ? { arguments: {} } : {}) });
  }
  await ask('tools/list', {});
}
