import { describe, expect, test } from 'vitest';
import { withoutVariables } from '../../src/logs/variables.ts';
import { fc } from '../support/properties.ts';

describe('variables of a line', () => {
  test.each([
    ['2026-11-22T03:00:00.123Z INFO job done in 42 ms', 'INFO job done in <num> ms'],
    ['[2026-11-22 03:00:00,123] done', 'done'],
    ['connect to 10.42.0.17:5432 failed', 'connect to <ip> failed'],
    ['connect to fe80::1:2:3:4 failed', 'connect to <ip> failed'],
    ['request 6f1c1f0e-3f0a-4c3e-9d35-0b8f3f6f2f11 gone', 'request <uuid> gone'],
    ['job=48014792 done', 'job=<hex> done'],
    ['job=afbbecfe done', 'job=<hex> done'],
    ['"GET /a/b HTTP/1.1" 502 17', '"GET <path> HTTP/<num>" <5xx> <num>'],
    ['trace deadbeef01234567 kept', 'trace <hex> kept'],
    ['GET /products/4411?q=lamp HTTP/1.1', 'GET <path> HTTP/<num>'],
    ['see https://shop.example/orders/17 for more', 'see <url> for more'],
    ['worker-7 took 3.5s and 12MB', 'worker-<num> took <num>s and <num>MB'],
    ['pod api-6f7d8c9b5-x2k4p evicted', 'pod api-<id> evicted'],
    ['at 0x7ffe12ab', 'at <hex>'],
    ['22/Nov/2026:03:00:00 +0100 ok', 'ok'],
    ['no variables in this accepted feedback', 'no variables in this accepted feedback'],
  ])('%s', (line, template) => {
    expect(withoutVariables(line)).toBe(template);
  });

  test('two lines of one statement with other numbers are one text', () => {
    fc.assert(
      fc.property(fc.nat(9_999_999), fc.nat(9_999_999), fc.ipV4(), fc.ipV4(), (a, b, from, to) => {
        const line = (number: number, ip: string) => `took ${number} ms to reach ${ip} (${number}%)`;
        expect(withoutVariables(line(a, from))).toBe(withoutVariables(line(b, to)));
      }),
    );
  });

  test('a hostile line of one character costs no more than another', () => {
    for (const character of ['/', ':', 'a', '1', '-', '<', '=', '%', '.', '_'])
      expect(withoutVariables(character.repeat(20_000)).length).toBeLessThanOrEqual(20_000);
  });
});
