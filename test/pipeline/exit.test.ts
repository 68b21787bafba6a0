import { expect, test } from 'vitest';
import { VigieError } from '../../src/core/errors.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { KnownSecrets } from '../../src/core/known-secrets.ts';
import { Exit } from '../../src/pipeline/exit.ts';
import { createLogger } from '../../src/telemetry/logger.ts';

function openExit(budgetBytes = 40_000) {
  const known = new KnownSecrets();
  const log: string[] = [];
  const exit = new Exit({ known, budgetBytes, log: createLogger('error', line => log.push(line)) });
  return { exit, known, log };
}

const sizeOf = ({ data, text }: { data: object; text: string }) =>
  Buffer.byteLength(JSON.stringify(data)) + Buffer.byteLength(text);

test('a fault of ours is told by an id alone, under which the log has all of it but the secrets', () => {
  const { exit, known, log } = openExit();
  known.learn('hunter2-is-secret');
  const result = exit.failed(new TypeError('cannot read hunter2-is-secret'));
  const { id } = result.data['details'] as { id: string };
  expect(result).toMatchObject({ status: 'failed', data: { code: 'INTERNAL', retryable: false } });
  expect(result.text).toContain(id);
  expect(result.text).not.toContain('cannot read');
  expect(log.join('')).toContain(id);
  expect(log.join('')).toContain('cannot read [redacted');
  expect(log.join('')).not.toContain('hunter2-is-secret');
});

test('a stopped call is cancelled, and no fault', () => {
  const { exit, log } = openExit();
  expect(exit.failed(AbortSignal.abort().reason)).toMatchObject({ data: { code: 'CANCELLED' } });
  expect(log).toEqual([]);
});

test('an error keeps its code, hint and details, and a message without end is cut', () => {
  const { exit } = openExit();
  const error = new VigieError('CONFLICT', 'x'.repeat(10_000), { hint: 'Read it again.', details: { a: 1 } });
  const { data, text } = exit.failed(error);
  expect(data).toMatchObject({ code: 'CONFLICT', hint: 'Read it again.', details: { a: 1 } });
  expect(text.length).toBeLessThan(5_000);
  expect(text.endsWith('\nRead it again.')).toBe(true);
});

test('a step that comes from a record and cannot be Vigie’s own words is left out', () => {
  const { exit } = openExit();
  const recorded: JsonObject = { id: 'k0', next: 'first\nrm -rf /', undo: 7, hint: 'vigie changes get k0' };
  const { data } = exit.leave({ status: 'answered', data: { ...recorded }, text: 'a text' });
  expect(data).toEqual({ id: 'k0', hint: 'vigie changes get k0' });
});

test('a text that is too long ends at a whole line and says that it was cut', () => {
  const { exit } = openExit(1_000);
  const text = Array.from({ length: 100 }, (_, index) => `line ${index} é`).join('\n');
  const result = exit.leave({ status: 'answered', data: { shown: 100 }, text });
  expect(sizeOf(result)).toBeLessThanOrEqual(1_000);
  expect(result.data).toEqual({ shown: 100 });
  const lines = result.text.split('\n');
  expect(lines.at(-1)).toContain('cut to size');
  for (const line of lines.slice(0, -1)) expect(line).toMatch(/^line \d+ é$/);
});

test('data that is too large loses its longest members and keeps the rest whole', () => {
  const { exit } = openExit(1_000);
  const data = { status: 'answered', id: 'k0', rows: Array.from({ length: 200 }, () => 'a row') };
  const result = exit.leave({ status: 'answered', data, text: 'a text' });
  expect(sizeOf(result)).toBeLessThanOrEqual(1_000);
  expect(result.data).toEqual({ status: 'answered', id: 'k0' });
  expect(result.text).toContain('cut to size');
});

test('what could deceive a screen goes from names of members too', () => {
  const { exit } = openExit();
  const data = { 'a\u202Eb': ['c\u0000d', 1, null, { e: '\u001B[31mf' }] };
  const result = exit.leave({ status: 'answered', data, text: '\u001B[2Jgone' });
  expect(result).toEqual({ status: 'answered', data: { ab: ['cd', 1, null, { e: 'f' }] }, text: 'gone' });
});
