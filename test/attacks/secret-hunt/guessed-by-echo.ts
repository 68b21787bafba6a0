import type { JsonObject } from '../../../src/core/json.ts';
import { defineAttack, judge } from '../attack.ts';
import { secretsByType } from './planted.ts';
import { startPlanted } from './planted-world.ts';
import { everyString } from './traces.ts';

export const guessedByEcho = defineAttack({
  name: 'guessed-by-echo',
  adversary: 'secret hunt',
  does: 'Reads Secrets, then sends whole values of them, right and wrong, as names, kinds, fields, selectors, in manifests that fail and in proposals, and compares how they come back: with the answer, in the record and in the lists.',
  must: 'A right guess comes back as a wrong one does: no mask confirms it.',
  async run(ground) {
    await startPlanted(ground);
    const door = await ground.stdio();
    const ask = async (name: string, input: JsonObject): Promise<string> =>
      everyString(await door.request('tools/call', { name, arguments: input })).replaceAll(/good-\d+/g, '');
    const propose = async (tool: string, input: JsonObject): Promise<string> => {
      const answer = await ask(tool, input);
      const id = /vigie approve (\w{8})/.exec(answer)?.[1];
      if (id === undefined) return answer;
      proposed += 1;
      const record = await ask('changes_get', { id });
      // The row alone: how many there are beside it is no echo.
      const [list = ''] =
        /"rows":\[.*?\]/.exec(await ask('changes_list', { limit: 1, format: 'json' })) ?? [];
      const resource = everyString(await door.request('resources/read', { uri: `vigie://changes/${id}` }));
      // Ten of one person may be open.
      await ground.run('reject', id);
      return [answer, record, list, resource]
        .join('\n')
        .replaceAll(id, 'ID')
        .replaceAll(/\b[0-9a-f]{16,64}\b/g, 'HASH')
        .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
        .replaceAll(/good-\d+/g, '');
    };
    const unlike: string[] = [];
    let proposed = 0;
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
      for (const [place, tool, how] of name === 'basic-auth' ? [...proposals, ...named] : proposals) {
        const [first, second] = [await propose(tool, how(right)), await propose(tool, how(wrong))];
        asked += 2;
        if (without(second, wrong) !== second) echoes += 1;
        if (without(first, right) !== without(second, wrong)) unlike.push(`a proposal with ${place}`);
      }
    }
    return judge(
      unlike.length === 0
        ? `${asked} answers, alike in pairs, ${echoes} echoes`
        : unlike.slice(0, 5).join('; '),
      {
        'proposals are such': proposed === 4 * proposals.length + 2 * named.length,
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
  ['k8s_describe', guess => ({ target: { ...web, name: guess } })],
  ['k8s_top', guess => ({ namespace: guess })],
  ['k8s_explain', guess => ({ path: `deployment.spec.${guess}` })],
  ['k8s_access', guess => ({ verb: 'get', resource: 'pods', as: guess, name: guess })],
  ['k8s_logs', guess => ({ target: web, container: guess })],
  ['k8s_logs', guess => ({ target: web, grep: `(${guess}` })],
  ['k8s_logs', guess => ({ target: web, grep: guess.replaceAll(/\W/g, '.') })],
  ['k8s_scale', guess => ({ target: { ...web, name: guess }, replicas: 1 })],
  ['k8s_delete', guess => ({ target: { ...web, name: guess } })],
  ['k8s_exec', guess => ({ pod: guess, namespace: 'shop', command: ['env'] })],
  ['k8s_exec', guess => ({ pod: 'deploy/web', namespace: 'shop', container: guess, command: ['env'] })],
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

const applied = (object: JsonObject): JsonObject => ({ manifest: JSON.stringify(object), force: true });
const guessed = (more: JsonObject): JsonObject => ({
  ...configMap,
  metadata: { name: 'guess', namespace: 'shop' },
  ...more,
});

/** Each of them for two values, right and wrong. */

const texts: JsonObject = { kind: 'ConfigMap', name: 'texts', namespace: 'shop' };
const inConfigMap = (...operations: JsonObject[]): JsonObject => ({
  target: texts,
  type: 'json',
  patch: JSON.stringify(operations),
});
const many = (guess: string): string[] =>
  Array.from({ length: 40 }, (_, index) => `V${index}=${index === 7 ? guess : `guess-${index}`}`);

const proposals: [place: string, tool: string, input: (guess: string) => JsonObject][] = [
  ['the value of an annotation', 'k8s_set', guess => ({ target: texts, annotations: [`note=${guess}`] })],
  ['forty values of variables', 'k8s_set', guess => ({ target: web, env: many(guess) })],
  [
    'an item of a JSON patch',
    'k8s_patch',
    guess => inConfigMap({ op: 'add', path: '/data/note', value: guess }),
  ],
  ['a patch', 'k8s_patch', guess => ({ target: texts, patch: JSON.stringify({ data: { note: guess } }) })],
  [
    'a text among others',
    'k8s_apply',
    guess => applied(guessed({ data: { a: 'guess-1', b: guess, c: 'guess-3' } })),
  ],
  [
    'a reason too',
    'k8s_apply',
    guess => ({ ...applied(guessed({ data: { other: guess } })), reason: guess }),
  ],
];

/** Where the letters of a name alone can stand. */
const named: typeof proposals = [
  ['the name of an annotation', 'k8s_set', guess => ({ target: web, annotations: [`${guess}=1`] })],
  ['an image', 'k8s_set', guess => ({ target: web, image: [`web=${guess}`] })],
  [
    'a key of a JSON patch',
    'k8s_patch',
    guess => inConfigMap({ op: 'add', path: `/data/${guess}`, value: '1' }),
  ],
];
