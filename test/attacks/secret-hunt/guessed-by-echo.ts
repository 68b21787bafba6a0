import type { JsonObject } from '../../../src/core/json.ts';
import { defineAttack, judge } from '../attack.ts';
import { secretsByType } from './planted.ts';
import { startPlanted } from './planted-world.ts';
import { everyString } from './traces.ts';

export const guessedByEcho = defineAttack({
  name: 'guessed-by-echo',
  adversary: 'secret hunt',
  does: 'Reads Secrets, then sends whole values of them, right and wrong, as names, kinds, fields, selectors and in manifests that fail, and compares how they come back.',
  must: 'A right guess comes back as a wrong one does: no mask confirms it.',
  async run(ground) {
    await startPlanted(ground);
    const door = await ground.stdio();
    const ask = async (name: string, input: JsonObject): Promise<string> =>
      everyString(await door.request('tools/call', { name, arguments: input })).replaceAll(/good-\d+/g, '');
    const unlike: string[] = [];
    let asked = 0;
    let echoes = 0;
    for (const [name, entry] of [
      ['a-password', 'password'],
      ['basic-auth', 'password'],
    ] as const) {
      await ask('k8s_get', { target: { kind: 'Secret', name, namespace: 'shop' } });
      const right = secretsByType[name]?.entries[entry] ?? '';
      const wrong = `${right.slice(0, -1)}${right.endsWith('Z') ? 'Y' : 'Z'}`;
      for (const [tool, how] of echoing) {
        const [first, second] = [await ask(tool, how(right)), await ask(tool, how(wrong))];
        asked += 2;
        if (without(second, wrong) !== second) echoes += 1;
        if (without(first, right) !== without(second, wrong))
          unlike.push(`${tool} ${JSON.stringify(how('…'))}`);
      }
    }
    return judge(
      unlike.length === 0
        ? `${asked} answers, alike in pairs, ${echoes} echoes`
        : unlike.slice(0, 5).join('; '),
      {
        'what is sent does come back': echoes >= echoing.length,
        'right and wrong are alike': unlike.length === 0,
      },
    );
  },
});

/** JSON within JSON writes a guess in several ways. */
function without(text: string, guess: string): string {
  const ways = [guess];
  for (let depth = 0; depth < 3; depth += 1) ways.push(JSON.stringify(ways[depth]).slice(1, -1));
  return ways.toReversed().reduce((left, way) => left.replaceAll(way, 'G'), text);
}

const web: JsonObject = { kind: 'Deployment', name: 'web', namespace: 'shop' };
const configMap: JsonObject = { apiVersion: 'v1', kind: 'ConfigMap', data: {} };

const echoing: [tool: string, input: (guess: string) => JsonObject][] = [
  ['k8s_get', guess => ({ target: { ...web, kind: guess } })],
  ['k8s_get', guess => ({ target: { ...web, name: guess } })],
  ['k8s_get', guess => ({ target: { ...web, namespace: guess } })],
  ['k8s_get', guess => ({ target: web, field: `spec.${guess}` })],
  ['k8s_list', guess => ({ kind: guess })],
  ['k8s_list', guess => ({ kind: 'pods', namespace: guess })],
  ['k8s_list', guess => ({ kind: 'pods', labelSelector: `app in (${guess}` })],
  ['k8s_list', guess => ({ kind: 'pods', fieldSelector: `${guess}=a` })],
  ['k8s_events', guess => ({ target: { ...web, name: guess } })],
  ['k8s_events', guess => ({ namespace: guess })],
  ['k8s_logs', guess => ({ target: web, container: guess })],
  ['k8s_logs', guess => ({ target: web, grep: `(${guess}` })],
  ['k8s_logs', guess => ({ target: web, grep: guess.replaceAll(/\W/g, '.') })],
  ['k8s_scale', guess => ({ target: { ...web, name: guess }, replicas: 1 })],
  ['k8s_delete', guess => ({ target: { ...web, name: guess } })],
  ['k8s_rollout', guess => ({ target: { ...web, kind: guess }, action: 'status' })],
  ['changes_undo', guess => ({ id: guess })],
  [
    'k8s_apply',
    guess => ({ manifest: JSON.stringify({ ...configMap, kind: guess, metadata: { name: 'a' } }) }),
  ],
  [
    'k8s_apply',
    guess => ({ manifest: JSON.stringify({ ...configMap, metadata: { name: 'a', namespace: guess } }) }),
  ],
  [
    'k8s_apply',
    guess => ({
      manifest: JSON.stringify({ ...configMap, metadata: { name: `${guess} `, namespace: 'shop' } }),
    }),
  ],
];
