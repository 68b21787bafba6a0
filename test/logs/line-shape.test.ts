import { describe, expect, test } from 'vitest';
import { shapeOf } from '../../src/logs/line-shape.ts';

describe('the shape of a line', () => {
  test.each([
    ['{"level":"warn","msg":"slow query","ms":812}', 'warn', 'slow query'],
    [
      '{"level":50,"msg":"request failed","err":{"message":"timed out"}}',
      'error',
      'request failed: timed out',
    ],
    ['{"message":"request","status":502}', 'error', 'request'],
    ['{"message":"request","status":200}', 'other', 'request'],
    ['{"msg":"cut off","level":"error","more":"abc…', 'error', 'cut off'],
    ['{"no":"message"}', 'other', '{"no":"message"}'],
    ['{"msg":"x","__proto__":{"level":"error"}}', 'other', 'x'],
    ['ts=2026 level=error msg="cannot reach \\"db\\"" err="refused"', 'error', 'cannot reach "db": refused'],
    ['E1122 03:00:00.123 7 reflector.go:1] Failed to watch', 'error', undefined],
    ['W1122 03:00:00.123 7 x.go:1] slow', 'warn', undefined],
    ['2026-11-22 03:00:00 ERROR [main] Catalog - gone', 'error', undefined],
    ['[error] 7#7: upstream timed out', 'error', undefined],
    ['<warn> low', 'warn', undefined],
    ['Traceback (most recent call last):', 'error', undefined],
    ['java.lang.IllegalStateException: locked', 'error', undefined],
    ['panic: runtime error: index out of range', 'fatal', undefined],
    ['10.0.0.1 - - [x] "GET /a HTTP/1.1" 502 17', 'error', undefined],
    ['10.0.0.1 - - [x] "GET /a HTTP/1.1" 404 17', 'warn', undefined],
    ['2026-11-22T03:00:00.123Z error: request failed', 'error', undefined],
    ['03:00:00.123 - Warning: low', 'warn', undefined],
    ['0 errors were found', 'other', undefined],
    ['the information desk is open', 'other', undefined],
  ])('%s', (line, level, message) => {
    expect(shapeOf(line)).toEqual({ level, message: message ?? line });
  });
});
