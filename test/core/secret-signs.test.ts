import { describe, expect, test } from 'vitest';
import { KnownSecrets } from '../../src/core/known-secrets.ts';
import { Redactor } from '../../src/core/redaction.ts';
import { soundsSecret } from '../../src/core/secret-names.ts';
import { cleanText } from '../../src/core/text.ts';
import { fc } from '../support/properties.ts';

const mask = (text: string) => new Redactor(new KnownSecrets()).text(text);

// Every sign by which a form is looked for at all, and no secret: behind it each form is looked for.
const signs =
  '-----BEGIN  LS0tLS1CRUdJTi eyJ AKIA ASIA AIza hvs. hvb. hvr. SG. AGE-SECRET-KEY-1 hooks.slack.com/services/ @ authorization bearer basic other- pwd, password, login, : sig= AccountKey=\n.\n';

const long = 'aB3dE6gH9jK2mN5pQ8rT1vW4xZ7bC0fG';
/** What stands before a secret, the secret, what stands behind it. */
const planted: readonly (readonly [string, string, string?])[] = [
  ['', `-----BEGIN EC PRIVATE KEY-----\n${long}\n-----END EC PRIVATE KEY-----`],
  ['', `LS0tLS1CRUdJTiBSU0EgUFJJVkFU${long}`],
  ['', `eyJ${long}.${long}.${long}`],
  ['', `AKIA${'Q3'.repeat(8)}`],
  ['', `ASIA${'Q3'.repeat(8)}`],
  ['', `glpat-${long}`],
  ['', `xoxb-${long}`],
  ['', `sk_${long}`],
  ['', `AIza${long}abc`],
  ['', `hvs.${long}`],
  ['', `hvb.${long}`],
  ['', `hvr.${long}`],
  ['', `SG.${long}.${long}`],
  ['', `AGE-SECRET-KEY-1${'Q3'.repeat(25)}`],
  ['https://hooks.slack.com/services/', `T0/B0/${long}`],
  ['PostgreS://bob:', long, '@db/shop'],
  ['AUTHORIZATION: bEaReR ', long],
  ['authorization=basic ', long],
  ['Bearer ', long],
  ['BASIC ', long],
  ['\npassword ', long, '\n'],
  ['machine h login bob password ', long],
  ['db:5432:shop:bob:', long],
  ['db:*:shop:bob:', long],
  ['https://h/?sig=', long],
  ['AccountKey=', long],
  ['', 'other-01234567-89ab-cdef-0123-456789abcdef'],
  ['DB_PASSWORD=', long],
  ['clientSecret: ', long],
  ['--api-token ', long],
  ['ConnectionString=', long],
  ['"signingKey":"', long, '"'],
  ['PG_PASSWD=', long],
  ['sentry.dsn=', long],
];

describe('masking by what a secret looks like', () => {
  test.each(planted)(
    'finds it in a line that holds nothing else: %s%s',
    (before = '', secret = '', after = '') => {
      expect(mask(before + secret + after)).toBe(`${before}[redacted #1]${after}`);
    },
  );

  test('masks the same, and no more, where every form is looked for', () => {
    expect(mask(signs)).toBe(signs);
    const piece = fc.oneof(
      fc.constantFrom(...planted).map(([before, secret, after = '']) => before + secret + after),
      fc.constantFrom(...planted).map(([before, secret]) => (before + secret).toLowerCase()),
      fc.constantFrom(...planted).map(([before, secret]) => (before + secret).toUpperCase()),
      fc.tuple(fc.constantFrom(...planted), fc.nat()).map(([[before, secret], at]) => {
        const text = before + secret;
        return text.slice(at % text.length);
      }),
      fc.constantFrom(
        'level=info',
        'tok\u212Aen=abcdefgh',
        'pa\u017F\u017Fword=abcdefgh',
        'cache key=abcd',
        'İd',
        'ΑΣ',
      ),
      fc.string({ unit: 'binary', maxLength: 12 }),
    );
    const joint = fc.constantFrom(' ', '\n', '', '=', ': ', '"', ',', '\u200B');
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, joint), { maxLength: 6 }), pieces => {
        const text = pieces.flat().join('');
        expect(mask(signs + text)).toBe(signs + mask(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test('a name sounds secret in every way of writing it', () => {
    const words = ['pass', 'password', 'passwd', 'passphrase', 'pwd', 'secret', 'token', 'credentials'];
    const keys = ['api key', 'signing key', 'connection string', 'auth', 'dsn', 'apikey'];
    for (const name of [...words, ...keys])
      for (const written of [
        name,
        name.toUpperCase(),
        `db_${name.replace(' ', '_')}`,
        `db-${name.replace(' ', '-')}`,
        `db${name.replace(/(?:^| )(.)/g, (_, first: string) => first.toUpperCase())}`,
      ])
        expect([written, soundsSecret(written)]).toEqual([written, true]);
  });
});

test('a text is cleaned the same whether anything hidden is in it or not', () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom('\u001B', '[', '\r', '\n', '\t', '\u007F', '\u0000', 'é', '\u202E'),
      fc.constantFrom('a', '~', ' '),
    ),
  });
  fc.assert(
    fc.property(text, each => {
      expect(cleanText(each)).toBe(cleanText(`\u2060${each}`));
    }),
    { numRuns: 1_000 },
  );
});
