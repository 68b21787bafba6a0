import type { JsonObject } from '../../../src/core/json.ts';
import { defineAttack, judge } from '../attack.ts';
import type { StdioDoor } from '../stdio-door.ts';
import { secretsByType, secretValue } from './planted.ts';
import { startPlanted } from './planted-world.ts';
import { everyString } from './traces.ts';

const right = secretsByType['a-bootstrap-token']?.entries['token-secret'] ?? '';
const variable = secretValue('a variable');

/** What differs from call to call by nature: ids, hashes, times. */
function comparable(text: string): string {
  return text
    .replaceAll(/vigie approve (\w{8})/.exec(text)?.[1] ?? ' ', 'ID')
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
  does: 'Proposes a Secret and a variable with a guess of the value that stands there, right and wrong, longer and shorter, and compares the answers byte by byte.',
  must: 'Right and wrong are answered alike: status, text, diff, risk, length and whether a ticket is there already.',
  async run(ground) {
    await startPlanted(ground);
    const door = await ground.stdio();
    const pairs: Record<string, [string, string]> = {
      'a Secret': await answers(door, guess => secret({ 'token-secret': guess }), right),
      'a Secret and more': await answers(
        door,
        guess => secret({ 'token-secret': guess, more: 'more' }),
        right,
      ),
      'a variable': await answers(door, workload, variable),
    };
    const unlike = Object.entries(pairs).filter(([, [first, second]]) => first !== second);
    return judge(
      unlike.length === 0
        ? `${Object.keys(pairs).length} pairs of answers, equal byte by byte`
        : unlike.map(([name, [first, second]]) => `${name}: ${difference(first, second)}`).join('; '),
      {
        'each was a proposal': Object.values(pairs).every(([first]) => /approval_required/.test(first)),
        'right and wrong are alike': unlike.length === 0,
      },
    );
  },
});

async function answers(
  door: StdioDoor,
  manifest: (guess: string) => JsonObject,
  value: string,
): Promise<[string, string]> {
  const ask = async (guess: string): Promise<string> =>
    comparable(
      everyString(
        await door.request('tools/call', {
          name: 'k8s_apply',
          arguments: { manifest: JSON.stringify(manifest(guess)), force: true },
        }),
      ),
    );
  return [await ask(value), await ask(wrong(value))];
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

function difference(first: string, second: string): string {
  const at = Array.from(first).findIndex((letter, index) => letter !== second[index]);
  return `at ${at}: ${first.slice(at, at + 60)} / ${second.slice(at, at + 60)}`;
}
