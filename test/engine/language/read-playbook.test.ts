import { describe, expect, test } from 'vitest';
import { readPlaybook } from '../../../src/engine/language/read-playbook.ts';
import { playbookOf } from './mistakes-in.ts';

async function said(text: string): Promise<string[]> {
  const read = await readPlaybook(text);
  return 'mistakes' in read
    ? read.mistakes.map(({ line, column, message, fix }) => `${line}:${column}: ${message} | ${fix}`)
    : [];
}

const step = 'steps: [{wait: {for: 1s}}]\n';

test('what is not written has its default', async () => {
  const { playbook } = await readPlaybook(playbookOf(step));
  expect(playbook).toEqual({
    apiVersion: 'vigie/v1',
    kind: 'Playbook',
    metadata: { name: 'tried', title: 'Tried' },
    on: {},
    inputs: {},
    policy: {},
    timeout: '1h',
    steps: [{ verb: 'wait', wait: { for: '1s' } }],
    onFailure: { undo: 'none', steps: [] },
    finally: [],
  });
});

test('the digest is that of what is said, not of how it is written', async () => {
  const one = await readPlaybook(playbookOf('timeout: 1h\nsteps:\n  # waits\n  - wait:\n      for: "1s"\n'));
  const other = await readPlaybook(playbookOf(step));
  const third = await readPlaybook(playbookOf(step.replace('1s', '2s')));
  const digests = [one, other, third].map(read => ('digest' in read ? read.digest : ''));
  expect(digests[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(digests[0]).toBe(digests[1]);
  expect(digests[2]).not.toBe(digests[1]);
});

describe('YAML that is more than values is refused with its place', () => {
  const quote = 'Put the text with the expression between quotes: "${{ … }}"';
  const mend = 'Mend the line; texts with a colon, a # or a brace in them need quotes.';
  test.each<[name: string, text: string, said: string]>([
    ['nothing', '', '1:1: the file is empty | Begin with one that can be read: vigie playbooks new NAME'],
    [
      'comments alone',
      '# nothing\n',
      '1:1: the file is empty | Begin with one that can be read: vigie playbooks new NAME',
    ],
    ['a list', '- a\n', `1:1: a document must be a mapping (\`key: value\` lines) | ${mend}`],
    [
      'two documents',
      `${playbookOf(step)}---\n${playbookOf(step)}`,
      '6:1: a file holds one playbook, and a second begins here | Put it into a folder of its own.',
    ],
    ['a directive', `%YAML 1.1\n---\n${playbookOf(step)}`, `1:1: % directives are not read here | ${mend}`],
    [
      'a directive of tags',
      `%TAG ! tag:x,2000:\n---\n${playbookOf(step)}`,
      `1:1: % directives are not read here | ${mend}`,
    ],
    [
      'an anchor',
      playbookOf('timeout: &t 1h\nsteps: []\n'),
      `4:13: anchors (&), aliases (*) and tags (!) are not read here: write the value out | ${mend}`,
    ],
    [
      'an anchor of a key',
      playbookOf('&t timeout: 1h\nsteps: []\n'),
      `4:4: a key has an anchor or a tag | ${mend}`,
    ],
    [
      'a tag',
      playbookOf('timeout: !!str 1h\nsteps: []\n'),
      `4:16: anchors (&), aliases (*) and tags (!) are not read here: write the value out | ${mend}`,
    ],
    [
      'a tag of its own',
      playbookOf('timeout: !x 1h\n'),
      `4:10: a tag is unknown or does not fit its value | ${mend}`,
    ],
    [
      'a merge key',
      playbookOf('<<: {timeout: 1h}\nsteps: []\n'),
      `4:1: merge keys (<<) are not part of YAML 1.2: write the keys out | ${mend}`,
    ],
    ['a key given twice', playbookOf('timeout: 1h\ntimeout: 2h\n'), `5:1: a key is given twice | ${mend}`],
    [
      '__proto__',
      playbookOf('inputs: {__proto__: {type: string}}\n'),
      `4:10: the key __proto__ is not allowed | ${mend}`,
    ],
    [
      'a colon in an expression',
      playbookOf('timeout: ${{ a ? b : c }}\n'),
      `4:10: a mapping starts on the line of another: is a text with a colon unquoted? | ${quote}`,
    ],
    [
      'an expression without its sign',
      playbookOf('timeout: {{ a }}\n'),
      `4:11: a key is not plain text | ${quote}`,
    ],
    [
      'half of a line',
      'apiVersion: "vigie/v1\n',
      `2:1: a quote, bracket, comma, colon or space is missing | ${mend}`,
    ],
  ])('%s', async (_name, text, expected) => {
    expect(await said(text)).toEqual([expected]);
  });
});

test('what is made to exhaust a reader ends soon, with a place', async () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const bombs = [
    `a: ${nested(5_000)}`,
    `a: ${'{a: '.repeat(5_000)}`,
    `${'- '.repeat(5_000)}a`,
    `a: &a [x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n`,
    'x'.repeat(1024 * 1024),
    `a: "${'é'.repeat(140_000)}"`,
    playbookOf(`steps:\n${'- {wait: {for: 1s}}\n'.repeat(1_500)}`),
    playbookOf(`steps: ${nested(90)}\n`),
    playbookOf(
      `inputs: {${Array.from({ length: 2_000 }, (_, index) => `n${index}: {type: x}`).join(', ')}}\n`,
    ),
    '\u0000',
    `a: b\n\u0007`,
  ];
  for (const bomb of bombs) {
    const found = await said(bomb);
    expect(found.length, bomb.slice(0, 40)).toBeGreaterThan(0);
    expect(found.length).toBeLessThanOrEqual(100);
    for (const line of found) expect(line).toMatch(/^[1-9]\d*:[1-9]\d*: /);
  }
});

describe('a form that is wrong is told at its key, with what to write', () => {
  test.each<[name: string, text: string, said: string[]]>([
    [
      'a key that is misspelt',
      `tiemout: 1h\n${step}`,
      ['4:1: there is no key tiemout here | Did you mean timeout?'],
    ],
    [
      'a word that is nearly one of those that may stand there',
      `onFailure: {undo: completedInRevers}\n${step}`,
      ['4:13: expected one of "completedInReverse"|"none" | Did you mean completedInReverse?'],
    ],
    [
      'a word within a step that is nearly one',
      'steps: [{approval: {for: [fix], onTimeout: rejekt}}, {tool: k8s_list, retry: {attempts: 2, on: [transiet]}}]\n',
      [
        '4:33: expected one of "reject"|"skip" | Did you mean reject?',
        '4:97: expected one of "transient"|"failed"|"unverified"|"plan_changed" | Did you mean transient?',
      ],
    ],
    [
      'a word that is near none of them',
      `onFailure: {undo: everything}\n${step}`,
      [
        '4:13: expected one of "completedInReverse"|"none" | For example: onFailure: {undo: completedInReverse}',
      ],
    ],
    [
      'a command that is missing',
      `on: {chat: {}}\n${step}`,
      ['4:6: command is missing | For example: chat: {command: heal memory}'],
    ],
    [
      'what retries, without how often',
      'steps: [{tool: k8s_list, retry: {on: [transient]}}]\n',
      ['4:26: attempts is missing | For example: retry: {attempts: 3, backoff: 5s, on: [transient]}'],
    ],
    [
      'keys that mean nothing',
      `${step}qqq: 1\nzzz: 2\n`,
      ['qqq', 'zzz'].map(
        (key, index) =>
          `${5 + index}:1: there is no key ${key} here | Keys here: apiVersion, kind, metadata, on, inputs, policy, concurrency, timeout, steps, onFailure, finally.`,
      ),
    ],
    [
      'no steps',
      'timeout: 1h\n',
      ['1:1: steps is missing | For example: steps: [{id: look, tool: k8s_diagnose}]'],
    ],
    [
      'an empty list of steps',
      'steps: []\n',
      ['4:1: has no step | For example: steps: [{id: look, tool: k8s_diagnose}]'],
    ],
    [
      'a step that is a text',
      'steps: [look]\n',
      ['4:9: a step must be a mapping with one verb | For example: - {id: look, tool: k8s_diagnose}'],
    ],
    [
      'a step without a verb',
      'steps: [{id: a}]\n',
      [
        '4:9: a step says what it does by one verb, and this has none | Verbs: foreach, tool, approval, parallel, playbook, wait, set.',
      ],
    ],
    [
      'a verb that is misspelt',
      'steps: [{id: a, tol: k8s_list}]\n',
      ['4:9: a step says what it does by one verb, and this has none | Did you mean tool?'],
    ],
    [
      'two verbs',
      'steps: [{tool: k8s_list, wait: {for: 1s}}]\n',
      ['4:26: a step has one verb, and this has tool and wait | Make two steps of it.'],
    ],
    [
      'an agent',
      'steps: [{agent: {prompt: x}}]\n',
      [
        '4:10: the verb agent is not available yet | Use a tool, or an approval for what a person must judge.',
      ],
    ],
    [
      'a key of another verb',
      'steps: [{wait: {for: 1s}, with: {}}]\n',
      ['4:27: there is no key with here | Did you mean wait?'],
    ],
    [
      'a duration that is a number',
      `timeout: 90\n${step}`,
      ['4:1: must be a duration up to 30d, like 90s, 30m, 24h or 2d | For example: timeout: 15m'],
    ],
    [
      'a duration that is too long',
      `timeout: 31d\n${step}`,
      ['4:1: must be a duration up to 30d, like 90s, 30m, 24h or 2d | For example: timeout: 15m'],
    ],
    ['a wait for nothing', 'steps: [{wait: {}}]\n', ['4:10: for is missing | For example: wait: {for: 5m}']],
    [
      'an id with a dot',
      'steps: [{id: a.b, wait: {for: 1s}}]\n',
      ['4:10: must be a word of letters, digits, _ and -, at most 63 | For example: id: look'],
    ],
    [
      'an input with a dash',
      `inputs: {a-b: {type: string}}\n${step}`,
      [
        '4:10: the name must be a word of letters, digits and _ from a small letter on | For example: namespace, maxPods',
      ],
    ],
    [
      'a foreach of nothing',
      'steps: [{foreach: {in: [1], as: n}}]\n',
      ['4:9: tool is missing | For example: tool: k8s_diagnose'],
    ],
    [
      'a foreach of both',
      'steps: [{foreach: {in: [1], as: n}, tool: k8s_list, steps: [{wait: {for: 1s}}]}]\n',
      ['4:37: there is no key tool here | Keys here: id, if, timeout, continueOnError, foreach, steps.'],
    ],
    [
      'one branch',
      'steps: [{parallel: {branches: [{id: a, steps: [{wait: {for: 1s}}]}]}}]\n',
      ['4:21: needs two branches | For example: branches: [{id: a, steps: […]}, {id: b, steps: […]}]'],
    ],
    [
      'a step deep within',
      'steps: [{foreach: {in: [1], as: n}, steps: [{tool: k8s_list, wiht: {}}]}]\n',
      ['4:62: there is no key wiht here | Did you mean with?'],
    ],
    ['the wrong kind', '', ['1:1: steps is missing | For example: steps: [{id: look, tool: k8s_diagnose}]']],
  ])('%s', async (_name, rest, expected) => {
    expect(await said(playbookOf(rest))).toEqual(expected);
  });

  test('steps more than eight deep', async () => {
    const deep = (levels: number): string =>
      levels === 0
        ? '{wait: {for: 1s}}'
        : `{foreach: {in: [1], as: n${levels}}, steps: [${deep(levels - 1)}]}`;
    expect(await said(playbookOf(`steps: [${deep(7)}]\n`))).toEqual([]);
    expect(await said(playbookOf(`steps: [${deep(8)}]\n`))).toEqual([
      expect.stringMatching(/^4:\d+: steps stand in steps at most 8 levels deep \| /),
    ]);
  });
});

test('line ends of Windows and a mark of the byte order change nothing', async () => {
  const text = playbookOf(step);
  const plain = await readPlaybook(text);
  for (const other of [text.replaceAll('\n', '\r\n'), `\uFEFF${text}`])
    expect((await readPlaybook(other)).playbook).toEqual(plain.playbook);
});
