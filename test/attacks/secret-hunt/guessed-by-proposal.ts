import { isObject, type JsonObject } from '../../../src/core/json.ts';
import { defineAttack, judge } from '../attack.ts';
import { secretsByType, secretValue } from './planted.ts';
import { startPlanted } from './planted-world.ts';
import { everyString } from './traces.ts';

const right = secretsByType['a-bootstrap-token']?.entries['token-secret'] ?? '';
const variable = secretValue('a variable');
const word = secretValue('a flag and its value');
const field = secretValue('a field of a custom object');
const web: JsonObject = { kind: 'Deployment', name: 'web', namespace: 'shop' };
const db: JsonObject = { kind: 'Secret', name: 'a-bootstrap-token', namespace: 'shop' };

function ticketIn(text: string): string | undefined {
  return /vigie approve (\w{8})/.exec(text)?.[1];
}

/** What differs from call to call by nature: ids, hashes, times. */
function comparable(text: string): string {
  const id = ticketIn(text);
  return (id === undefined ? text : text.replaceAll(id, 'ID'))
    .replaceAll(/\b[0-9a-f]{16,64}\b/g, 'HASH')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/good-\d+/g, 'good');
}

/** A guess of the same length that is wrong, and shares nothing. */
function wrong(value: string): string {
  return value.replaceAll(/[A-Za-z0-9]/g, letter => (letter === 'Z' ? 'Y' : 'Z'));
}

export const guessedByProposal = defineAttack({
  name: 'guessed-by-proposal',
  adversary: 'secret hunt',
  does: 'Proposes a Secret, a variable, a word behind a flag and a field of a custom object with a guess of the value that stands there, right and wrong, as manifests, patches and comparisons, patches letters of values, and compares the answers byte by byte.',
  must: 'Right and wrong are answered alike: status, text, diff, risk, length and whether a ticket is there already; no letter of a value can be reached.',
  async run(ground) {
    await startPlanted(ground);
    const door = await ground.stdio();
    const said = async (call: Call): Promise<string> => {
      const answer = everyString(await door.request('tools/call', call));
      const id = ticketIn(answer);
      // Ten of one person may be open.
      if (id !== undefined) await ground.run('reject', id);
      return comparable(answer);
    };
    const pairs: Record<string, [string, string]> = {
      'a Secret': await answers(said, guess => secret({ 'token-secret': guess }), right),
      'a Secret and more': await answers(
        said,
        guess => secret({ 'token-secret': guess, more: 'more' }),
        right,
      ),
      'a variable': await answers(said, workload, variable),
      'a word behind a flag': await answers(said, command, word),
      'a field of a custom object': await answers(said, database, field),
    };
    const compared: Record<string, [string, string]> = {};
    for (const [name, [tool, input, value]] of Object.entries(others))
      compared[name] = await pairOf(guess => said({ name: tool, arguments: input(guess) }), value);
    const letters = await lengths(said);
    const unlike = Object.entries({ ...pairs, ...compared }).filter(
      ([, [first, second]]) => first !== second,
    );
    return judge(
      unlike.length === 0
        ? `${Object.keys({ ...pairs, ...compared }).length} pairs of answers, equal byte by byte`
        : unlike.map(([name, [first, second]]) => `${name}: ${difference(first, second)}`).join('; '),
      {
        'each was a proposal': Object.values(pairs).every(([first]) => /approval_required/.test(first)),
        'the others were understood': Object.values(compared).every(
          ([first]) => /approval_required|1 update/.test(first) && !first.includes('other-'),
        ),
        'no letter of a value is reached':
          letters.size === 1 && [...letters].every(text => /does not fit/.test(text)),
        'right and wrong are alike': unlike.length === 0,
      },
    );
  },
});

type Call = { name: string; arguments: JsonObject };
type Said = (call: Call) => Promise<string>;

async function answers(
  said: Said,
  manifest: (guess: string) => JsonObject,
  value: string,
): Promise<[string, string]> {
  return pairOf(
    guess =>
      said({
        name: 'k8s_apply',
        arguments: { manifest: JSON.stringify(manifest(guess)), force: true },
      }),
    value,
  );
}

async function pairOf(ask: (guess: string) => Promise<string>, value: string): Promise<[string, string]> {
  return [await ask(value), await ask(wrong(value))];
}

/** What is answered to patches of the letters of a value: one text, or it tells where the value ends. */
async function lengths(said: Said): Promise<Set<string>> {
  const found = new Set<string>();
  for (const [target, path, length] of [
    [db, '/data/token-secret', Buffer.from(right).toString('base64').length],
    [web, '/spec/template/spec/containers/0/env/0/value', variable.length],
  ] as const)
    for (const place of [0, length - 1, length, length + 1]) {
      const operation = { op: 'replace', path: `${path}/${place}`, value: 'x' };
      const input = { target, type: 'json', patch: JSON.stringify([operation]) };
      const answer = await said({ name: 'k8s_patch', arguments: input });
      found.add(answer.replaceAll(operation.path, 'PATH'));
    }
  return found;
}

function secret(entries: Record<string, string>): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'bootstrap.kubernetes.io/token',
    metadata: { name: 'a-bootstrap-token', namespace: 'shop' },
    stringData: entries,
  };
}

function workload(guess: string): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [{ name: 'web', image: 'shop/web:1', env: [{ name: 'DB_PASSWORD', value: guess }] }],
        },
      },
    },
  };
}

function command(guess: string): JsonObject {
  const { spec, ...rest } = workload('');
  const containers = [{ name: 'web', image: 'shop/web:1', command: ['serve', '--password', guess] }];
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers } };
  return { ...rest, spec: { ...(isObject(spec) ? spec : {}), template } };
}

function database(guess: string): JsonObject {
  return {
    apiVersion: 'shop.example/v1',
    kind: 'Database',
    metadata: { name: 'db', namespace: 'shop' },
    spec: { password: guess },
  };
}

/** By other tools than an apply, with what is guessed at. */
const others: Record<string, [tool: string, input: (guess: string) => JsonObject, value: string]> = {
  'a word behind a flag, compared': ['k8s_diff', guess => compare(command(guess)), word],
  'a field of a custom object, compared': ['k8s_diff', guess => compare(database(guess)), field],
  'a word by its position': [
    'k8s_patch',
    guess => operation(web, '/spec/template/spec/containers/0/command/2', guess),
    word,
  ],
  'a field by its path': [
    'k8s_patch',
    guess => operation({ kind: 'Database', name: 'db', namespace: 'shop' }, '/spec/password', guess),
    field,
  ],
  'a variable by its name': ['k8s_set', guess => ({ target: web, env: [`DB_PASSWORD=${guess}`] }), variable],
};

function compare(object: JsonObject): JsonObject {
  return { manifest: JSON.stringify(object), force: true };
}

function operation(target: JsonObject, path: string, value: string): JsonObject {
  return { target, type: 'json', patch: JSON.stringify([{ op: 'replace', path, value }]) };
}

function difference(first: string, second: string): string {
  const at = Array.from(first).findIndex((letter, index) => letter !== second[index]);
  return `at ${at}: ${first.slice(at, at + 60)} / ${second.slice(at, at + 60)}`;
}
