import { fc } from '../../support/properties.ts';

/** Texts that YAML, CEL or JavaScript could take for more than a text. */
const texts = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom(
    'yes',
    '1e3',
    '0x1f',
    '0777',
    '~',
    'null',
    '',
    ' a ',
    'a: b',
    '- a',
    '#x',
    "it's",
    '"',
    '\\',
    '\n',
    'a\nb\n',
    '\t',
    '%',
    '&a',
    '*a',
    '!x',
    '<<',
    '2026-01-01',
    '${{ run.id }}',
    'a ${{ inputs.n }} b',
    '${{',
    '}}',
    'constructor',
    '__proto__x',
    'é🙂',
  ),
);
const word = fc.constantFrom('a', 'b', 'look', 'fix-it', 'constructor', 'toString', 'valueOf', 'X9');
const variable = fc.constantFrom('n', 'row', 'constructor', 'each1');
const value = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small' },
    texts,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(texts.filter(isKey), tie('value'), { maxKeys: 3 }),
  ),
})).value;
const args = fc.dictionary(texts.filter(isKey), value, { maxKeys: 3 });
const duration = fc.constantFrom('1s', '30m', '24h', '2d');
const condition = fc.constantFrom<unknown>(
  true,
  false,
  'run.id == "a"',
  '${{ run.id == "a" }}',
  '\'}}\' == "b"',
);
const facts = { id: word, if: condition, timeout: duration, continueOnError: fc.boolean() };
const optional = { requiredKeys: [] };

function stepFields<T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<unknown> {
  return fc.tuple(fc.record(facts, optional), fc.record(fields)).map(([own, verb]) => ({ ...own, ...verb }));
}

const checkFields = {
  tool: word.map(() => 'k8s_list'),
  with: args,
  until: fc.constantFrom('output.total > 0', '${{ true }}'),
  every: duration.map(() => '10s'),
  within: duration,
  otherwise: texts.filter(text => text !== '' && text.length <= 200),
};
const check = fc.record(checkFields, { requiredKeys: ['tool', 'with', 'until', 'every', 'within'] });
const action = fc.record(
  {
    tool: fc.constantFrom('k8s_list', 'k8s_scale', 'nothing'),
    with: args,
    retry: fc.record(
      { attempts: fc.integer({ min: 1, max: 10 }), backoff: fc.constant('5s'), on: fc.constant(['failed']) },
      { requiredKeys: ['attempts'] },
    ),
    verify: check,
    undo: fc.constantFrom<unknown>('none', { tool: 'k8s_scale', with: { replicas: 1 } }),
  },
  { requiredKeys: ['tool'] },
);

const steps = fc.letrec<{ step: unknown; steps: unknown[] }>(tie => ({
  step: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.tuple(fc.record(facts, optional), action).map(([own, verb]) => ({ ...own, ...verb })),
    stepFields({
      wait: fc.oneof(
        fc.record({ for: duration }),
        fc.record({ at: texts.filter(text => text !== '') }),
        check,
      ),
    }),
    stepFields({ set: fc.dictionary(variable, value, { minKeys: 1, maxKeys: 3 }) }),
    stepFields({
      approval: fc.record({
        for: fc.array(word, { minLength: 1, maxLength: 2 }),
        min: fc.integer({ min: 1, max: 3 }),
      }),
    }),
    stepFields({ playbook: fc.constantFrom('a', 'heal-oom'), with: args }),
    stepFields({
      foreach: fc.record({ in: fc.oneof(texts, fc.array(value, { maxLength: 3 })), as: variable }),
      steps: tie('steps'),
    }),
    fc
      .tuple(
        fc.record({
          foreach: fc.record({ in: texts, as: variable, parallel: fc.integer({ min: 1, max: 9 }) }),
        }),
        action,
      )
      .map(([own, verb]) => ({ ...own, ...verb })),
    stepFields({
      parallel: fc.record({
        branches: fc.array(fc.record({ id: word, steps: tie('steps') }), { minLength: 2, maxLength: 3 }),
        mode: fc.constantFrom('all', 'settled'),
      }),
    }),
  ),
  steps: fc.array(tie('step'), { minLength: 1, maxLength: 3 }),
})).steps;

/** A playbook as an author could write it, mostly of the right form. */
export const drawnPlaybook = fc.record(
  {
    apiVersion: fc.constant('vigie/v1'),
    kind: fc.constant('Playbook'),
    metadata: fc.record(
      {
        name: fc.constantFrom('tried', 'a-b'),
        title: texts.filter(text => text.length > 0),
        owner: texts.filter(text => text.length > 0),
        description: texts,
      },
      { requiredKeys: ['name', 'title'] },
    ),
    on: fc.record(
      {
        schedule: fc.record({
          cron: fc.constant('0 6 * * *'),
          missed: fc.constantFrom('once', 'skip'),
          inputs: args,
        }),
        event: fc.record({
          match: fc.constant('event.reason == "a"'),
          namespace: fc.constant('shop'),
          cooldown: duration,
          inputs: args,
        }),
        chat: fc.record({ command: fc.constant('go') }),
      },
      optional,
    ),
    inputs: fc.dictionary(
      variable,
      fc.record(
        { type: fc.constantFrom('string', 'number', 'object'), default: value, required: fc.boolean() },
        { requiredKeys: ['type'] },
      ),
      { maxKeys: 3 },
    ),
    timeout: duration,
    steps,
    onFailure: fc.record({ undo: fc.constantFrom('none', 'completedInReverse'), steps }, optional),
    finally: steps,
  },
  { requiredKeys: ['apiVersion', 'kind', 'metadata', 'steps'] },
);

/** What strict YAML takes for a key. */
function isKey(text: string): boolean {
  return text !== '__proto__' && text !== '<<' && !/\p{Cc}/u.test(text);
}
