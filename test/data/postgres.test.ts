import { describe, expect, test } from 'vitest';
import type { Answer } from '../../src/clients/postgres/reader.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { judgePostgres } from '../../src/data/postgres.ts';

/** What a test has to say; every other question was never answered. */
function judged(rows: Readonly<Record<string, JsonObject>>) {
  const answers: Record<string, JsonObject> = { server: { version: '16.4', seesOthers: true }, ...rows };
  const { lines } = judgePostgres((question): Answer => {
    const row = answers[question];
    return row === undefined ? { refused: {} } : { row };
  });
  return Object.fromEntries(lines.map(({ check, level, text }) => [check, `${level}: ${text}`]));
}

describe('sessions', () => {
  const session = (seconds: number) => ({ pid: 7, user: 'app', database: 'shop', application: '', seconds });
  test.each([
    [3_600, 'ok'],
    [3_601, 'warning'],
    [6 * 3_600 + 1, 'critical'],
  ])('a transaction of %d s is %s', (seconds, level) => {
    const lines = judged({ transactions: { oldest: session(seconds), idle: null, blocked: 0 } });
    expect(lines['longest transaction']).toMatch(
      new RegExp(`^${level}: .*\\(pid 7, user app, database shop\\)`),
    );
    expect(lines['idle in transaction']).toBe('ok: none');
  });
  test('one that is idle in a transaction for six minutes is warned of', () => {
    const lines = judged({ transactions: { oldest: null, idle: session(360), blocked: 11 } });
    expect(lines['idle in transaction']).toMatch(/^warning: 6 min .*; warning above 5 min$/);
    expect(lines['waiting for locks']).toBe('warning: 11 sessions; warning above 10');
  });
});

describe('replication', () => {
  const standby = (more: JsonObject) => ({
    standbys: [{ name: 'b', state: 'streaming', sync: 'async', bytes: 0, seconds: null, ...more }],
    receiver: null,
  });
  const line = (more: JsonObject) => judged({ replication: standby(more) })['replication to b'];
  test('is as bad as the worse of bytes and seconds', () => {
    expect(line({})).toBe('ok: streaming, async, 0 B behind');
    expect(line({ bytes: 100_000_000 })).toBe(
      'warning: streaming, async, 100 MB behind; warning above 64 MB',
    );
    expect(line({ seconds: 301 })).toMatch(/^critical: .* above 5 min$/);
    expect(line({ bytes: 2_000_000_000, seconds: 1 })).toMatch(/^critical: .* above 1 GB$/);
    expect(line({ bytes: null })).toBe('note: streaming, async, it does not say how far behind');
  });
  test('a standby that receives nothing is warned of, and one that is fed from an archive says nothing of its age', () => {
    expect(judged({ replication: { standbys: [], receiver: 'stopping' } })['WAL receiver']).toBe(
      'warning: is stopping',
    );
    const fed = judged({ standby: { standby: true, paused: false, bytes: null, seconds: null } });
    expect(fed['replay']).toBe('note: it does not say how old its newest transaction is');
    const late = judged({ standby: { standby: true, paused: false, bytes: 10, seconds: 40 } });
    expect(late['replay']).toMatch(/^warning: 40 s behind, 10 B received and not yet replayed; /);
  });
});

test('a slot holds too much, or lost what it was to hold', () => {
  const slot = (more: JsonObject) =>
    judged({ slots: { slots: [{ name: 's', active: false, wal: 'extended', bytes: 0, ...more }] } })['slots'];
  expect(slot({ bytes: 1_000_000_000 })).toBe('ok: s holds 1 GB of WAL, used by nobody');
  expect(slot({ bytes: 2_000_000_000 })).toMatch(/^warning: .*; warning above 1 GB$/);
  expect(slot({ wal: 'lost', bytes: null })).toBe(
    'critical: s holds 0 B of WAL, used by nobody; its WAL is lost',
  );
});

test('an age near wraparound, damaged pages and slow statements are told', () => {
  const lines = judged({
    wraparound: { xids: { name: 'shop', age: 1_700_000_000 }, multixacts: { name: 'shop', age: 5 } },
    checksums: { on: true, failures: 2 },
    statements: {
      installed: true,
      seesOthers: true,
      mean: [{ query: 'SELECT\n  pg_sleep($1)', calls: 1_200, mean: 1_500 }],
      max: null,
    },
  });
  expect(lines['wraparound']).toMatch(/^critical: age 1,700,000,000 of database shop; /);
  expect(lines['wraparound of multixacts']).toBe('ok: age 5 of database shop');
  expect(lines['checksums']).toBe('critical: 2 pages failed');
  expect(lines['slow queries']).toMatch(/^warning: mean 1\.5 s of 1,200 calls: SELECT pg_sleep\(\$1\); /);
});

test('each question that was refused says why under its own check, and none is taken for good', () => {
  const { lines } = judgePostgres(question =>
    question === 'server'
      ? { row: {} }
      : { refused: question === 'slots' ? { state: 'XX000' } : { state: '42501' } },
  );
  expect(new Set(lines.map(({ level }) => level))).toEqual(new Set(['not checked']));
  expect(lines.find(({ check }) => check === 'slots')?.text).toBe('the server refused with SQLSTATE XX000');
  expect(lines.find(({ check }) => check === 'wraparound')?.text).toContain('needs pg_monitor');
  expect(lines).toHaveLength(11);
});

test('an answer without what it is to hold is never ok', () => {
  const names = ['connections', 'transactions', 'wraparound', 'checksums', 'archiver'];
  const lines = judged(Object.fromEntries(names.map(name => [name, {}])));
  expect(lines['connections']).toMatch(/^not checked/);
  expect(lines['waiting for locks']).toMatch(/^not checked/);
  expect(lines['wraparound']).toMatch(/^not checked/);
  expect(lines['checksums']).toMatch(/^note/);
  expect(lines['WAL archiving']).not.toMatch(/^ok/);
});
