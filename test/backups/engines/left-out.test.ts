import { expect, test } from 'vitest';
import { leftOutOf } from '../../../src/backups/engines/left-out.ts';

const extension = `pg_restore: error: could not execute query: ERROR:  permission denied to create extension "x"
HINT:  Must be superuser to create this extension.
Command was: CREATE EXTENSION IF NOT EXISTS x WITH SCHEMA public;

`;
const end = (count: number) => `pg_restore: warning: errors ignored on restore: ${count}\n`;

test('what only a superuser may make is named', () => {
  expect(leftOutOf({ code: 1, stderr: extension + end(1) })).toEqual([
    'CREATE EXTENSION IF NOT EXISTS x WITH SCHEMA public;',
  ]);
});

test.each([
  ['another error stands beside it', extension + extension.replace('EXTENSION', 'INDEX') + end(2)],
  ['a complaint has no command', `${extension}pg_restore: error: COPY failed for table "t"\n${end(2)}`],
  ['there are more errors than are told', extension + end(2)],
  ['its end is not told', extension],
  ['nothing but the end is told', end(0)],
  ['its beginning may be lost', 'x'.repeat(8 * 1024) + extension + end(1)],
  [
    'a message pretends to be a refusal',
    `${extension.replace('HINT:', 'CONTEXT:').trimEnd()}\nCommand was: CREATE INDEX ON t (f(a));\n${end(1)}`,
  ],
])('nothing is passed over where %s', (_, stderr) => {
  expect(leftOutOf({ code: 1, stderr })).toBeUndefined();
});
