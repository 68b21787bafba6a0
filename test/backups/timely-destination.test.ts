import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { carryCopy } from '../../src/backups/carry-copy.ts';
import { timelyReader, timelyWriter } from '../../src/backups/timely-destination.ts';
import { DirectoryReader } from '../../src/clients/directory/reader.ts';
import { DirectoryWriter } from '../../src/clients/directory/writer.ts';
import type { CopyReader, CopyWriter } from '../../src/core/copies.ts';
import { type Manifest, newCopyId } from '../../src/core/copy.ts';

const set = 'shop';
const copy = newCopyId(new Date());
const waits = { lookMs: 100, bytesMs: 100, diskMs: 100 };
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'timely-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Something far away that never says anything again. */
const never = (): Promise<never> => new Promise(() => undefined);

const manifest: Manifest = {
  version: 1,
  set,
  copy,
  engine: 'sqlite',
  startedAt: '2026-01-01T00:00:00Z',
  finishedAt: '2026-01-01T00:00:00Z',
  parts: [{ name: 'a.dump', bytes: 3, sha256: '0'.repeat(64) }],
  encryption: 'none',
  contents: { how: 'snapshot', at: '2026-01-01T00:00:00Z', items: [] },
  source: {},
  tools: {},
};

function readerThat(open: () => AsyncIterable<Uint8Array>, shown = root): CopyReader {
  const reader: CopyReader = {
    name: 'far',
    shown,
    encryption: 'none',
    find: never,
    freeBytes: async () => undefined,
    open,
  };
  return timelyReader(reader, waits);
}

describe('a disk that hangs', () => {
  test('while a copy is carried from it ends that in time, and leaves nothing where it was to go', async () => {
    const from = readerThat(async function* () {
      yield Buffer.from('ab');
      await never();
    });
    const writer = new DirectoryWriter({ name: 'near', root });
    const carrying = carryCopy({
      from,
      manifest,
      writer,
      beforeWrite: async () => undefined,
      progress: () => undefined,
    });
    await expect(carrying).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: `The destination far (${root}) did nothing for 0.1 s.`,
    });
    expect(readdirSync(join(root, set))).toEqual([]);
  });

  test('is not asked again before it has answered', async () => {
    let asked = 0;
    const answer = Promise.withResolvers<{ copies: []; cut: false }>();
    const reader = timelyReader(
      {
        name: 'far',
        shown: `${root}/again`,
        encryption: 'none',
        freeBytes: async () => undefined,
        find() {
          asked += 1;
          return answer.promise;
        },
        async *open() {
          yield* [];
        },
      },
      waits,
    );
    await expect(reader.find(set)).rejects.toMatchObject({ code: 'TIMEOUT', retryable: true });
    for (const ask of [() => reader.find(set), () => reader.freeBytes()])
      await expect(ask()).rejects.toMatchObject({ message: expect.stringContaining('has not answered yet') });
    expect(asked).toBe(1);
    answer.resolve({ copies: [], cut: false });
    await expect.poll(() => reader.find(set).catch(() => undefined)).toEqual({ copies: [], cut: false });
  });

  test('while it takes a part ends that in time, is left, and takes no more when it is back', async () => {
    const back = Promise.withResolvers<void>();
    const seen: string[] = [];
    const writer: CopyWriter = {
      name: 'far',
      note: never,
      remove: never,
      async begin() {
        return {
          async put(_, bytes) {
            for await (const chunk of bytes) {
              seen.push(Buffer.from(chunk).toString());
              await back.promise;
            }
            return { bytes: 0, sha256: '' };
          },
          seal: never,
          async leave() {
            seen.push('left');
            await back.promise;
          },
        };
      },
    };
    const draft = await timelyWriter(writer, { shown: `${root}/taking`, waits }).begin({ set, copy });
    const bytes = async function* () {
      yield Buffer.from('first');
      yield Buffer.from('second');
    };
    await expect(draft.put('a.dump', bytes())).rejects.toMatchObject({ code: 'TIMEOUT' });
    await draft.leave();
    back.resolve();
    await sleep(50);
    expect(seen).toEqual(['first', 'left']);
  });

  const reason = whyNoMount();
  test.skipIf(reason !== '')(`for real, a mount without its server, is told in time${reason}`, async () => {
    const place = join(root, 'mount');
    mkdirSync(place);
    const program = join(import.meta.dirname, 'processes', 'hung-mount.py');
    const server = spawn('python3', [program, place], { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => {
      server.stdin.end();
    });
    await once(server.stdout, 'data');
    const directory = { name: 'disk', root: place };
    const reader = timelyReader(new DirectoryReader(directory), waits);
    const writer = timelyWriter(new DirectoryWriter(directory), { shown: place, waits });
    await expect(reader.find(set)).rejects.toMatchObject({ code: 'TIMEOUT' });
    await expect(writer.begin({ set, copy })).rejects.toMatchObject({ code: 'TIMEOUT' });
    server.stdin.end();
    await once(server, 'close');
    // What waited comes back with an error, and what is there now is read.
    await expect.poll(() => reader.find(set).catch(() => undefined)).toMatchObject({ copies: [] });
  });
});

test('whoever gives the bytes may take longer than any wait for the disk', async () => {
  const directory = { name: 'disk', root };
  const draft = await timelyWriter(new DirectoryWriter(directory), { shown: root, waits }).begin({
    set,
    copy,
  });
  const bytes = async function* () {
    for (const chunk of ['a', 'b']) {
      await sleep(3 * waits.bytesMs);
      yield Buffer.from(chunk);
    }
    await sleep(3 * waits.bytesMs);
  };
  expect(await draft.put('a.dump', bytes())).toMatchObject({ bytes: 2 });
  await draft.seal('{}\n');
  const reader = timelyReader(new DirectoryReader(directory), waits);
  let read = '';
  for await (const chunk of reader.open({ set, copy, part: 'a.dump' })) {
    await sleep(2 * waits.bytesMs);
    read += Buffer.from(chunk).toString();
  }
  expect(read).toBe('ab');
  const broken = async function* () {
    yield Buffer.from('a');
    throw new Error('the source broke off');
  };
  const other = newCopyId(new Date());
  const next = await timelyWriter(new DirectoryWriter(directory), { shown: root, waits }).begin({
    set,
    copy: other,
  });
  await expect(next.put('a.dump', broken())).rejects.toThrow('the source broke off');
  await next.leave();
  expect(readdirSync(join(root, set))).toEqual([copy]);
});

/** It takes root, and a kernel that lets a process be a file system. */
function whyNoMount(): string {
  if (process.getuid?.() !== 0) return ' (SKIPPED: only root mounts)';
  if (spawnSync('python3', ['--version']).error !== undefined) return ' (SKIPPED: python3 is not installed)';
  try {
    accessSync('/dev/fuse');
    return '';
  } catch {
    return ' (SKIPPED: there is no /dev/fuse)';
  }
}
