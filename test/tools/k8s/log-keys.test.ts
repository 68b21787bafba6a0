import { expect, test } from 'vitest';
import { KnownSecrets } from '../../../src/core/known-secrets.ts';
import { Redactor } from '../../../src/core/redaction.ts';
import { maskKeyLines } from '../../../src/tools/k8s/log-keys.ts';

function masked(lines: string[]): string[] {
  const redactor = new Redactor(new KnownSecrets());
  return lines.map(maskKeyLines(text => redactor.text(text)));
}

test('a private key in a log is masked line by line, to its end and no further', () => {
  const lines = [
    'ready',
    '-----BEGIN RSA PRIVATE KEY-----',
    'Proc-Type: 4,ENCRYPTED',
    '',
    'MIIEowIBAAKCAQEA',
    'q7c=',
    '-----END RSA PRIVATE KEY-----',
    'MIIEowIBAAKCAQEA',
  ];
  const shown = masked(lines);
  expect(shown.slice(1, 7).every(line => /^\[redacted #\d+\]$/.test(line))).toBe(true);
  expect([shown[0], shown[7]]).toEqual(['ready', 'MIIEowIBAAKCAQEA']);
});

test('a key without an end hides no line that is none of its own', () => {
  expect(masked(['-----BEGIN PRIVATE KEY-----', 'MIIEow', 'GET /health 200', 'MIIEow']).slice(2)).toEqual([
    'GET /health 200',
    'MIIEow',
  ]);
});
