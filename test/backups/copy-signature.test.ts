import { describe, expect, test } from 'vitest';
import { copyKey, type Document, signDocument, whoSigned } from '../../src/backups/copy-signature.ts';
import { fc } from '../support/properties.ts';

const ours = copyKey(new Uint8Array(32).fill(1));
const another = copyKey(new Uint8Array(32).fill(2));
const of: Document = { what: 'manifest', environment: 'prod', set: 'shop', copy: '20260101T030000Z-abcd' };
const text = `${JSON.stringify({ version: 1, set: 'shop', note: 'as it was' }, null, 1)}\n`;
const signedText = signDocument(text, { signs: ours, of });
const counts = [ours];

describe('a document that is signed', () => {
  test('is ours, is still JSON, and says what it said', () => {
    expect(whoSigned(signedText, { counts, of })).toEqual({ whose: 'ours', key: ours.id });
    expect(JSON.parse(signedText)).toEqual({
      ...JSON.parse(text),
      mac: { key: ours.id, environment: 'prod', hmacSha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  test.each<[string, Partial<Document>]>([
    ['another set', { set: 'shop2' }],
    ['another copy', { copy: '20260101T030000Z-abce' }],
    ['a report', { what: 'report' }],
    ['a set and a copy that are the same letters', { set: 'shop\x0020260101T030000Z', copy: '-abcd' }],
  ])('says nothing where it is shown as that of %s', (_, other) => {
    expect(whoSigned(signedText, { counts, of: { ...of, ...other } }).whose).toBe('changed');
  });

  test('is of its environment alone, and another cannot be written into it', () => {
    expect(whoSigned(signedText, { counts, of: { ...of, environment: 'staging' } })).toEqual({
      whose: 'elsewhere',
      environment: 'prod',
    });
    const renamed = signedText.replace('"prod"', '"staging"');
    expect(whoSigned(renamed, { counts, of: { ...of, environment: 'staging' } }).whose).toBe('changed');
  });

  test('is of another key for whoever has only that one, and its id is told', () => {
    expect(whoSigned(signedText, { counts: [another], of })).toEqual({ whose: 'another', key: ours.id });
    expect(whoSigned(signedText, { counts: [another, ours], of }).whose).toBe('ours');
  });

  test.each([
    ['no code at all', text],
    ['a code of too few digits', signedText.replace(/"hmacSha256": "../, '"hmacSha256": "')],
    ['more behind its code', `${signedText} {}`],
    ['a code inside a value of it', text.replace('as it was', JSON.stringify(signedText).slice(1, -1))],
    ['nothing', ''],
  ])("with %s is nobody's", (_, written) => {
    expect(whoSigned(written, { counts, of })).toEqual({ whose: 'nobody' });
  });

  test('that was signed before, and then added to and signed with another key, is that of the other', () => {
    const again = signDocument(signedText, { signs: another, of });
    expect(whoSigned(again, { counts, of })).toEqual({ whose: 'another', key: another.id });
  });

  test('is not ours any more with one byte changed, wherever it is', () => {
    const bytes = Buffer.from(signedText);
    // The line feed at the very end is no part of what it says.
    const anywhere = fc.nat({ max: bytes.length - 2 });
    fc.assert(
      fc.property(anywhere, fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ by;
        expect(whoSigned(changed.toString('utf8'), { counts, of }).whose).not.toBe('ours');
      }),
    );
  });
});

test('a key is in nothing that is written', () => {
  for (const form of ['hex', 'base64', 'latin1'] as const)
    expect(signedText).not.toContain(Buffer.from(ours.key).toString(form).slice(0, 20));
});
