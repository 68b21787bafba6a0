import { expect, test } from 'vitest';
import { lastWord, variableIn } from '../../../src/diagnosis/containers/last-words.ts';
import { fc } from '../../support/properties.ts';

test.each([
  ['dial tcp 10.0.0.1:5432: connect: connection refused', 'peer'],
  ['Error: getaddrinfo ENOTFOUND db', 'name'],
  ['FATAL:  password authentication failed for user "shop"', 'login'],
  ['x509: certificate signed by unknown authority', 'certificate'],
  ["KeyError: 'DATABASE_URL'", 'variable'],
  ['DATABASE_URL must be set', 'variable'],
  ['/entrypoint.sh: line 3: TOKEN_FILE: unbound variable', 'variable'],
  ['open /var/lib/data: permission denied', 'permission'],
  ["OSError: [Errno 30] Read-only file system: '/app/cache'", 'read-only'],
  ["Error: Cannot find module '/app/server.js'", 'file'],
  ['listen tcp :8080: bind: address already in use', 'port-taken'],
  ['write /data/wal: no space left on device', 'disk'],
  ['Exception in thread "main" java.lang.OutOfMemoryError: Java heap space', 'memory'],
  ['Error: unknown flag: --prot', 'arguments'],
  ['exec /usr/local/bin/app: exec format error', 'platform'],
  ['panic: runtime error: index out of range', 'error'],
])('%s blames %s', (line, blames) => {
  expect(lastWord(['starting', line, 'bye'])?.blames).toBe(blames);
});

test('what names a cause counts more than the words after it, and the head of a panic more than its trace', () => {
  expect(lastWord(['connect ECONNREFUSED 10.0.0.1:1', 'fatal: giving up'])?.line).toContain('ECONNREFUSED');
  const trace = [
    'panic: nil map',
    'goroutine 1 [running]:',
    'main.main()',
    '\t/app/main.go:7',
    'error: exit status 2',
  ];
  expect(lastWord(trace)?.line).toBe('panic: nil map');
});

test('lines about what goes well say nothing', () => {
  expect(
    lastWord(['{"level":"info","msg":"no errors: connection refused 0 times"}', 'INFO error handler ready']),
  ).toBeUndefined();
});

test('a name of a variable is found, other words in capitals are not', () => {
  expect(variableIn('the environment variable API_KEY is not set')).toBe('API_KEY');
  expect(variableIn('environment variable TOKEN missing')).toBe('TOKEN');
  expect(variableIn('FATAL ERROR')).toBeUndefined();
});

test('no line is too strange or too long', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 3_000, unit: 'binary' })), lines => void lastWord(lines)),
    { numRuns: 50 },
  );
  // A pattern that goes back and forth over it would not come to an end.
  lastWord(Array.from({ length: 50 }, () => `env ${'A_'.repeat(50_000)} `));
});
