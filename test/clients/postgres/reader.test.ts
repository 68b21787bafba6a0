import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PostgresReader } from '../../../src/clients/postgres/reader.ts';
import { localRunner } from '../../../src/processes/local-runner.ts';

let dir: string;
const path = process.env['PATH'] ?? '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vigie-psql-'));
});
afterEach(() => {
  process.env['PATH'] = path;
  rmSync(dir, { recursive: true, force: true });
});

function reader(
  script: string,
  { signal = new AbortController().signal, deadlineMs = 30_000 } = {},
): PostgresReader {
  const file = join(dir, 'psql');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  process.env['PATH'] = `${dir}:${path}`;
  return new PostgresReader({ runner: localRunner, variables: { env: {}, secrets: {} }, signal, deadlineMs });
}

describe('by a stand-in for psql that misbehaves', () => {
  test('what was answered before it died counts, and what came after it did not', async () => {
    const answer = await reader(
      `echo '{"version":"15"}'; echo '@server 00000'; echo '{"max":1'; kill -9 $$`,
    ).ask();
    expect(answer('server')).toEqual({ row: { version: '15' } });
    expect(answer('connections')).toEqual({ refused: {} });
  });

  test('an answer counts only for the question that it stands before, and only if the server says it went well', async () => {
    const answer = await reader(
      `printf '%s\\n' '{"a":1}' '@server 00000' '@connections 00000' '{"b":2}' '@slots 57014' 'no json' '[1]' '@tables 00000' '@toString 00000'`,
    ).ask();
    expect(answer('connections')).toEqual({ refused: { state: '00000' } });
    expect(answer('slots')).toEqual({ refused: { state: '57014' } });
    expect(answer('tables')).toEqual({ refused: { state: '00000' } });
    expect(answer('indexes')).toEqual({ refused: {} });
  });

  test('one that prints without end is stopped', async () => {
    await expect(reader('yes').ask()).rejects.toMatchObject({
      code: 'BAD_RESPONSE',
      message: 'psql on this machine printed without end.',
    });
  });

  test('one that says nothing is out of time, and one that was answered before keeps what it had', async () => {
    await expect(reader('exec sleep 60', { deadlineMs: 300 }).ask()).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
    const half = reader(`echo '{"version":"15"}'; echo '@server 00000'; exec sleep 60`, {
      deadlineMs: 1_500,
    });
    const answer = await half.ask();
    expect(answer('server')).toEqual({ row: { version: '15' } });
    expect(answer('checksums')).toEqual({ refused: {} });
  });

  test('its complaint is one bounded line without escapes', async () => {
    const loud = reader(
      `printf 'psql: error: \\033[31mline one\\nline two ' >&2; head -c 4000 /dev/zero | tr '\\0' x >&2; exit 2`,
    );
    const error: unknown = await loud.ask().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('psql: error: line one line two'),
    });
    const message = error instanceof Error ? error.message : '';
    expect(message.length).toBeLessThan(500);
    expect(message).not.toContain('\n');
    expect(message).not.toContain('\u001b');
  });

  test('a call that is stopped stops it', async () => {
    const stop = new AbortController();
    const asked = reader('exec sleep 60', { signal: stop.signal }).ask();
    stop.abort();
    await expect(asked).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
