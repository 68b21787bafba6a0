import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clickhouse } from '../../../src/backups/engines/clickhouse.ts';
import { quotedName, quotedText } from '../../../src/backups/engines/clickhouse-sql.ts';
import { localRunner } from '../../../src/processes/local-runner.ts';

// A fake of ClickHouse's client: a shell script that answers as the real engine (26.7) was seen to answer, by what stands
// in the statement. For what the engine cannot be brought to: a full disk, a restart in the middle.

let dir: string;
let disk: string;
const path = process.env['PATH'];
const id = 'vigie-shop-20260101T030000Z-abcd';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fake-clickhouse-'));
  disk = join(dir, 'disk');
  mkdirSync(disk);
  process.env['PATH'] = `${dir}${delimiter}${path ?? ''}`;
});
afterEach(() => {
  process.env['PATH'] = path;
  rmSync(dir, { recursive: true, force: true });
});

function program(name: string, script: string): void {
  writeFileSync(join(dir, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(dir, name), 0o755);
}

interface Faked {
  free?: number;
  running?: string;
  status?: string;
}

function fake({
  free = 10_000_000,
  running = '',
  status = '{"status":"BACKUP_CREATED","error":"","bytes":"64","at":"2026-01-01T03:00:01Z"}',
}: Faked): void {
  program(
    'clickhouse',
    `sql=$(cat); printf '%s\\n' "$sql" >> '${dir}/asked'
case $sql in
  *'version()'*) echo '{"version":"26.7.2.1","user":"default","engine":"Atomic","path":"${disk}/","free":"${free}","bytes":"1000"}' ;;
  *'match(id'*) echo '${running}' ;;
  *'FROM system.tables'*) echo '{"name":"orders","uuid":"u1","engine":"MergeTree"}' ;;
  *'FROM system.parts'*) echo '{"table":"orders","name":"all_1_1_0"}' ;;
  *'_part IN'*) echo '{"part":"all_1_1_0","count":"3","hash":"18446744073709551615"}' ;;
  'BACKUP DATABASE'*)
    mkdir '${disk}/${id}'
    echo '<config><contents><file><name>data/shop/orders/all_1_1_0/checksums.txt</name></file></contents></config>' > '${disk}/${id}/.backup' ;;
  'SELECT query_id'*) ;;
  *'FROM system.backups'*) echo '${status}' ;;
esac`,
  );
}

async function dump() {
  const parts: Record<string, number> = {};
  const dumped = await clickhouse.dump({
    runner: localRunner,
    signal: new AbortController().signal,
    deadlineMs: 20_000,
    progress: () => undefined,
    settings: { database: 'shop' },
    secrets: {},
    name: { set: 'shop', copy: id.slice('vigie-shop-'.length) },
    sink: {
      async put(part, bytes) {
        parts[part] = 0;
        for await (const chunk of bytes) parts[part] += chunk.length;
      },
    },
  });
  return { ...dumped, parts };
}

test('rows of the parts that are in the copy are what it holds', async () => {
  fake({});
  const { contents, tools, parts } = await dump();
  expect(contents).toEqual({
    how: 'snapshot',
    at: '2026-01-01T03:00:01Z',
    items: [{ name: 'orders', count: 3, hash: '18446744073709551615' }],
  });
  expect(tools).toEqual({ clickhouse: '26.7.2.1' });
  expect(Object.keys(parts)).toEqual(['backup.tar']);
  expect(readdirSync(disk)).toEqual([]);
});

test('a disk of the server without room for the database is refused before anything is written', async () => {
  fake({ free: 999 });
  await expect(dump()).rejects.toMatchObject({
    code: 'BACKUP',
    message: expect.stringContaining('has no room'),
  });
  expect(readFileSync(join(dir, 'asked'), 'utf8')).not.toContain('BACKUP DATABASE');
});

test.each([
  [
    '{"status":"BACKUP_FAILED","error":"Code: 243. DB::Exception: No space left on device. (NOT_ENOUGH_SPACE)"}',
    'No space left on device',
  ],
  ['{"status":"BACKUP_CANCELLED","error":"Code: 394. DB::Exception: Query was cancelled."}', 'was cancelled'],
  ['', 'does not know of it any more'],
])('a BACKUP that ended as %s is no copy, and leaves nothing on the disk', async (status, why) => {
  fake({ status });
  await expect(dump()).rejects.toMatchObject({ code: 'BACKUP', message: expect.stringContaining(why) });
  expect(readdirSync(disk)).toEqual([]);
});

test('what a BACKUP of the set still writes is left alone, and the run refused', async () => {
  fake({ running: '{"id":"vigie-shop-20260101T020000Z-abcd"}' });
  mkdirSync(join(disk, 'vigie-shop-20260101T020000Z-abcd'));
  await expect(dump()).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(readdirSync(disk)).toEqual(['vigie-shop-20260101T020000Z-abcd']);
});

test('a tar that ends too early with exit code 0 makes no copy', async () => {
  fake({});
  program('tar', 'printf short');
  await expect(dump()).rejects.toMatchObject({
    code: 'BACKUP',
    message: expect.stringContaining('ended as if all were well after 5 bytes'),
  });
});

test('a folder that is not the one the server writes to is said, with the key that leads there', async () => {
  fake({ status: '{"status":"BACKUP_CREATED","error":"","bytes":"64","at":"2026-01-01T03:00:01Z"}' });
  program('tr', 'cat > /dev/null');
  await expect(dump()).rejects.toMatchObject({
    code: 'BACKUP',
    message: expect.stringContaining('no whole list of its files'),
    hint: expect.stringContaining('path of the set'),
  });
});

test('without a client it is said what is to be installed, and where', async () => {
  for (const name of ['sh', 'tar']) symlinkSync(`/bin/${name}`, join(dir, name));
  process.env['PATH'] = dir;
  await expect(dump()).rejects.toMatchObject({
    code: 'NOT_STARTED',
    message: 'On this machine there is no clickhouse client.',
  });
});

test('a name ends neither its quotes, its line nor its statement', () => {
  expect(quotedName('a`b\\c;d\ne')).toBe('`a\\x60b\\x5cc\\x3bd\\x0ae`');
  expect(quotedText("it's é\u0085")).toBe("'it\\x27s é\u0085'");
});
