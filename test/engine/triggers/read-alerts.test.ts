import { expect, test } from 'vitest';
import { VigieError } from '../../../src/core/errors.ts';
import { KnownSecrets } from '../../../src/core/known-secrets.ts';
import { Redactor } from '../../../src/core/redaction.ts';
import { hiddenCharacters } from '../../../src/core/text.ts';
import { type ReadAlert, readAlerts } from '../../../src/engine/triggers/read-alerts.ts';
import { fc } from '../../support/properties.ts';
import { alertOf, groupOf, playbook, send, startTriggers } from './triggers-of.ts';

/** What goes into every expression of a run, beside 48 kB of what its steps answered. */
const mostBytes = 10_000;

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom(
    '${{ run.id }}',
    '__proto__',
    'constructor',
    'toString',
    '\u202Egnp.exe',
    '\u001B[2J',
    '{{x}}',
  ),
  fc.string({ unit: 'grapheme', minLength: 1_000, maxLength: 5_000 }),
);
const pairs = fc.array(fc.tuple(hostile, fc.oneof(hostile, fc.jsonValue())), { maxLength: 60 });

function read(payload: unknown): ReadAlert[] {
  return readAlerts(payload, { sender: 'main', redactor: () => new Redactor(new KnownSecrets()) });
}

test('whatever stands in an alert, what is made of it is small, clean and plain', () => {
  fc.assert(
    fc.property(pairs, pairs, hostile, hostile, (labels, annotations, fingerprint, url) => {
      const {
        labels: _,
        annotations: __,
        ...rest
      } = alertOf({}, { fingerprint, generatorURL: url, endsAt: url });
      // As a body comes in: `__proto__` is a key like any other there.
      const more = `"labels":${objectText(labels)},"annotations":${objectText(annotations)}`;
      const alert: Record<string, unknown> = JSON.parse(`${JSON.stringify(rest).slice(0, -1)},${more}}`);
      const [made] = read(groupOf(alert));
      const facts = JSON.stringify(made?.trigger.facts);
      expect(Buffer.byteLength(facts)).toBeLessThan(mostBytes);
      expect(facts).not.toContain('"__proto__":');
      visit(made?.trigger.facts, each => expect(hiddenCharacters(each)).toBe(0));
    }),
    { numRuns: 200 },
  );
});

test('whatever comes as a delivery is read, or refused as none', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.jsonValue(), fc.record({ version: fc.constant('4'), alerts: fc.jsonValue() })),
      payload => {
        try {
          read(payload);
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_INPUT' });
          expect(error).toBeInstanceOf(VigieError);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('a match that goes on and on is ended, and the other playbooks start', async () => {
  const list = (count: number) => `[${Array.from({ length: count }, (_, index) => index).join(',')}]`;
  // Long on any machine: forty thousand times a pattern over a label that is as long as one may be.
  const slow = `${list(200)}.all(a, ${list(200)}.all(b, !alert.labels.long.matches("(a|b|ab)*c")))`;
  const endless = playbook('endless', { on: `{alert: {match: '${slow}', inputs: {}}}` });
  const quick = playbook('quick', { on: '{alert: {match: "true", inputs: {}}}' });
  const { url, runs } = await startTriggers([endless, quick]);
  const group = groupOf(
    ...Array.from({ length: 30 }, (_, index) =>
      alertOf({ n: `${index}`, long: 'ab'.repeat(120) }, { fingerprint: index.toString(16) }),
    ),
  );
  const { tally } = await send(`${url}/alerts/main`, group);
  expect(tally.failed).toBeGreaterThan(0);
  expect((await runs()).filter(({ name }) => name === 'quick')).toHaveLength(10);
});

function objectText(entries: readonly (readonly [string, unknown])[]): string {
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`;
}

function visit(value: unknown, each: (text: string) => void): void {
  if (typeof value === 'string') each(value);
  else if (typeof value === 'object' && value !== null)
    for (const [key, member] of Object.entries(value)) {
      each(key);
      visit(member, each);
    }
}
