import type { JsonObject } from '../../../src/core/json.ts';
import { defineAttack, judge } from '../attack.ts';
import { secretsByType, secretValue } from './planted.ts';
import { startPlanted } from './planted-world.ts';
import { everyString } from './traces.ts';

const password = secretsByType['a-password']?.entries['password'] ?? '';

export const guessedByFilter = defineAttack({
  name: 'guessed-by-filter',
  adversary: 'secret hunt',
  does: 'Filters logs, lists and fields by growing parts of a value, right and wrong, and compares what comes back.',
  must: 'What is masked is masked before any filter sees it: a right guess and a wrong one bring the same.',
  async run(ground) {
    const cluster = await startPlanted(ground);
    const line = (text: string): string => `2026-11-21T10:00:00.000000000Z ${text}\n`;
    const body = [`connected with ${password}`, `DB_PASSWORD=${secretValue('env-file')}`, 'ready']
      .map(line)
      .join('');
    cluster.meddle({ before: ({ path }) => (path.includes('/log?') ? { body } : undefined) });
    const door = await ground.stdio();
    const web: JsonObject = { kind: 'Deployment', name: 'web', namespace: 'shop' };
    const ask = async (name: string, input: JsonObject): Promise<string> =>
      everyString(await door.request('tools/call', { name, arguments: input })).replaceAll(/good-\d+/g, '');
    const unlike: string[] = [];
    let asked = 0;
    for (const value of [password, secretValue('env-file')])
      for (const length of [1, 2, 4, 8, 16, value.length]) {
        const part = value.slice(0, length);
        const other = part.replaceAll(/[A-Za-z0-9]/g, '~');
        for (const [name, how] of filters(web)) {
          const [first, second] = [await ask(name, how(part)), await ask(name, how(other))];
          asked += 2;
          // What is told of the question itself is as it was asked.
          const plain = (text: string): string =>
            [part, part.replaceAll('"', '')].reduce((all, each) => all.replaceAll(each, 'G'), text);
          const same = plain(second).replaceAll(other.replaceAll('"', ''), 'G').replaceAll(other, 'G');
          if (plain(first) !== same) unlike.push(`${name} by ${length} characters`);
        }
      }
    const whole = await ask('k8s_logs', { target: web });
    return judge(unlike.length === 0 ? `${asked} answers, alike in pairs` : unlike.slice(0, 5).join('; '), {
      'the lines are there': /connected with \[redacted/.test(whole),
      'right and wrong are alike': unlike.length === 0,
    });
  },
});

function filters(target: JsonObject): [tool: string, input: (guess: string) => JsonObject][] {
  const literal = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  return [
    ['k8s_logs', guess => ({ target, grep: `(with |PASSWORD=)${literal(guess)}` })],
    [
      'k8s_list',
      guess => ({ kind: 'secrets', fieldSelector: `data.password=${guess.replaceAll(/[^\w]/g, '')}` }),
    ],
    [
      'k8s_list',
      guess => ({ kind: 'secrets', labelSelector: `password=${guess.replaceAll(/[^\w]/g, 'x')}` }),
    ],
    [
      'k8s_get',
      guess => ({
        target: { kind: 'Secret', name: 'a-password', namespace: 'shop' },
        field: `data["${guess.replaceAll('"', '')}"]`,
      }),
    ],
  ];
}
