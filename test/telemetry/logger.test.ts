import { expect, test } from 'vitest';
import { createLogger } from '../../src/telemetry/logger.ts';

test('a line of the log moves no terminal and reads back as what was noted', () => {
  const lines: string[] = [];
  const said = '\u001B[2J\u009B31m\u202Efdp';
  createLogger('error', line => lines.push(line)).error('cli.fault', { said });
  expect(lines.join('')).toMatch(/^[\u0020-\u007E]+\n$/);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ event: 'cli.fault', said });
});
