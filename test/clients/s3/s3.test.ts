import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Bucket } from '../../../src/clients/s3/client.ts';
import { S3Reader } from '../../../src/clients/s3/reader.ts';
import { S3Writer } from '../../../src/clients/s3/writer.ts';
import { newCopyId } from '../../../src/core/copy.ts';
import { renewLockMs } from '../../../src/core/copy-lock.ts';
import { type FakeS3, startFakeS3 } from '../../support/fake-s3.ts';

const set = 'shop-db';
let store: FakeS3;
let reader: S3Reader;
let writer: S3Writer;

function bucketOf(more: Partial<Bucket> = {}): Bucket {
  return {
    name: 'objects',
    endpoint: store.url,
    region: 'eu-west-3',
    bucket: store.bucket,
    prefix: 'prod/',
    accessKey: store.accessKey,
    secretKey: store.secretKey,
    signal: new AbortController().signal,
    ...more,
  };
}

beforeEach(async () => {
  store = await startFakeS3();
  reader = new S3Reader(bucketOf());
  writer = new S3Writer(bucketOf());
});
afterEach(() => store.close());

async function* bytes(...chunks: (string | Buffer)[]): AsyncIterable<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

async function read(part: string, copy: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of reader.open({ set, copy, part })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function newName() {
  return { set, copy: newCopyId(new Date()) };
}

describe('copies in a bucket (a fake that checks signatures)', () => {
  test('a sealed copy is found with its manifest, and its parts come back as they went', async () => {
    const { copy } = newName();
    const draft = await writer.begin({ set, copy });
    const facts = await draft.put('a.dump', bytes('half ', 'and half'));
    expect(facts).toEqual({ bytes: 13, sha256: createHash('sha256').update('half and half').digest('hex') });
    expect(await reader.find(set)).toMatchObject({ copies: [{ copy, drills: [] }], lock: { copy } });
    await draft.seal('{"the":"manifest"}');
    expect(await reader.find(set)).toEqual({
      copies: [
        {
          copy,
          manifest: '{"the":"manifest"}',
          drills: [],
          sizes: new Map([
            ['a.dump', 13],
            ['manifest.json', 18],
          ]),
        },
      ],
      cut: false,
    });
    expect(String(await read('a.dump', copy))).toBe('half and half');
    await writer.note({ set, copy, file: 'drill-20261122T040000Z.json', text: '{"passed":true}' });
    expect((await reader.find(set)).copies[0]?.drills).toEqual(['{"passed":true}']);
    for (const minute of ['01', '02', '03', '04'])
      await writer.note({ set, copy, file: `drill-20261122T04${minute}00Z.json`, text: '{"mine":false}' });
    await writer.note({ set, copy, file: 'drill-29991122T040000Z.json', text: '{"passed":true}' });
    const large = 'x'.repeat(5 * 1024 * 1024);
    await writer.note({ set, copy, file: 'drill-20261122T040500Z.json', text: large });
    const { copies } = await reader.find(set, { counts: ({ text }) => text.includes('passed') });
    expect(copies[0]?.drills).toEqual(['{"passed":true}']);
  });

  test('a large part goes in pieces while it comes, and no more of it than a few pieces is held', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 7);
    let given = 0;
    let ahead = 0;
    async function* large(): AsyncIterable<Uint8Array> {
      for (let count = 0; count < 40; count += 1) {
        given += chunk.length;
        const stored = [...store.uploads.values()].flatMap(({ pieces }) => [...pieces.values()]);
        ahead = Math.max(ahead, given - stored.reduce((sum, piece) => sum + piece.length, 0));
        yield chunk;
      }
    }
    const { copy } = newName();
    const draft = await writer.begin({ set, copy });
    const facts = await draft.put('a.dump', large());
    await draft.seal('{}');
    expect(facts.bytes).toBe(40 * chunk.length);
    expect(ahead).toBeLessThanOrEqual(10 * chunk.length);
    expect(store.uploads.size).toBe(0);
    expect((await read('a.dump', copy)).equals(Buffer.alloc(40 * chunk.length, 7))).toBe(true);
  });

  test('a source that breaks off leaves neither objects nor pieces', async () => {
    async function* broken(): AsyncIterable<Uint8Array> {
      yield Buffer.alloc(20 * 1024 * 1024, 1);
      throw new Error('pg_dump died');
    }
    const draft = await writer.begin(newName());
    await expect(draft.put('a.dump', broken())).rejects.toThrow('pg_dump died');
    expect(store.uploads.size).toBe(0);
    await draft.leave();
    expect([...store.objects.keys()]).toEqual([]);
  });

  test('a piece that the store fails once is sent again; one that it goes on failing ends it', async () => {
    const large = Buffer.alloc(10 * 1024 * 1024, 3);
    let failures = 1;
    store.fault = ({ query }) => (query.has('partNumber') && failures-- > 0 ? 500 : undefined);
    const first = await writer.begin(newName());
    expect(await first.put('a.dump', bytes(large))).toMatchObject({ bytes: large.length });
    await first.leave();
    failures = 100;
    const second = await writer.begin(newName());
    await expect(second.put('a.dump', bytes(large))).rejects.toMatchObject({ code: 'SERVER_ERROR' });
    await second.leave();
    expect(store.uploads.size).toBe(0);
  });

  test('a wrong secret is refused, and stands in no error', async () => {
    const error = await new S3Reader(bucketOf({ secretKey: 'wrong-Secret-Key-42' }))
      .find(set)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'UNAUTHENTICATED',
      message: expect.stringContaining('SignatureDoesNotMatch'),
    });
    expect(JSON.stringify(error) + String(error)).not.toContain('wrong-Secret-Key-42');
    await expect(new S3Writer(bucketOf({ accessKey: 'AKIANOBODY' })).begin(newName())).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    expect(store.objects.size).toBe(0);
  });

  test('a second backup of the set is refused while the first runs', async () => {
    const first = await writer.begin(newName());
    await expect(writer.begin(newName())).rejects.toMatchObject({
      code: 'CONFLICT',
      details: { stale: false },
    });
    await first.leave();
    await writer.begin(newName()).then(draft => draft.leave());
  });

  test('of many that begin at once exactly one goes', async () => {
    const tries = await Promise.allSettled(Array.from({ length: 10 }, () => writer.begin(newName())));
    expect(tries.filter(each => each.status === 'fulfilled')).toHaveLength(1);
  });

  test('a stale lock is told, and taken over only when asked to', async () => {
    const lock = {
      copy: '20200101T000000Z-abcd',
      since: '2020-01-01T00:00:00Z',
      renewedAt: '2020-01-01T00:00:00Z',
      holder: 'db-host pid 7',
    };
    store.objects.set(`prod/${set}/lock.json`, Buffer.from(JSON.stringify(lock)));
    await expect(writer.begin(newName())).rejects.toMatchObject({ details: { stale: true } });
    await writer.begin({ ...newName(), breakLock: true }).then(draft => draft.leave());
  });

  test('of many that take over a stale lock at once exactly one goes', async () => {
    const old = '2020-01-01T00:00:00Z';
    const lock = { copy: '20200101T000000Z-abcd', since: old, renewedAt: old, holder: 'db-host pid 7' };
    store.objects.set(`prod/${set}/lock.json`, Buffer.from(JSON.stringify(lock)));
    let looking = 0;
    // All have read the stale lock before the first writes.
    store.fault = async ({ method, key }) => {
      if (!key.endsWith('lock.json')) return undefined;
      if (method === 'GET') looking += 1;
      else await vi.waitFor(() => expect(looking).toBeGreaterThanOrEqual(8));
      return undefined;
    };
    const tries = await Promise.allSettled(
      Array.from({ length: 8 }, () => writer.begin({ ...newName(), breakLock: true })),
    );
    expect(tries.filter(each => each.status === 'fulfilled')).toHaveLength(1);
  });

  test('a backup whose lock was taken over does not become a copy', async () => {
    const draft = await writer.begin(newName());
    await draft.put('a.dump', bytes('x'));
    const now = new Date().toISOString();
    store.objects.set(
      `prod/${set}/lock.json`,
      Buffer.from(JSON.stringify({ copy: 'other', since: now, renewedAt: now, holder: 'h' })),
    );
    await expect(draft.seal('{}')).rejects.toMatchObject({ code: 'CONFLICT' });
    expect([...store.objects.keys()].filter(key => key.endsWith('manifest.json'))).toEqual([]);
  });

  test('a backup that was stopped keeps neither its lock nor pieces of an upload', async () => {
    const stop = new AbortController();
    const draft = await new S3Writer(bucketOf({ signal: stop.signal })).begin(newName());
    async function* stopped(): AsyncIterable<Uint8Array> {
      yield Buffer.alloc(9_000_000, 1);
      stop.abort();
      yield Buffer.alloc(9_000_000, 1);
    }
    await expect(draft.put('a.dump', stopped())).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(store.uploads.size).toBe(1);
    await draft.leave();
    expect([...store.objects.keys()]).toEqual([]);
    expect(store.uploads.size).toBe(0);
  });

  test('one that is stopped while it takes its lock leaves none', async () => {
    const stop = new AbortController();
    store.fault = ({ method, key }) => {
      if (method === 'PUT' && key.endsWith('lock.json')) setImmediate(() => stop.abort());
      return undefined;
    };
    await expect(new S3Writer(bucketOf({ signal: stop.signal })).begin(newName())).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect([...store.objects.keys()].filter(key => key.endsWith('lock.json'))).toEqual([]);
  });

  test('a renewal that is under way does not bring a released lock back', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const draft = await writer.begin(newName());
    const renewing = Promise.withResolvers<undefined>();
    const held = Promise.withResolvers<undefined>();
    store.fault = async ({ method, key }) => {
      if (method !== 'PUT' || !key.endsWith('lock.json')) return undefined;
      renewing.resolve(undefined);
      return held.promise;
    };
    vi.advanceTimersByTime(renewLockMs);
    vi.useRealTimers();
    await renewing.promise;
    const left = draft.leave();
    // One that does not wait has taken the lock away by then.
    await Promise.race([left, new Promise(resolve => setTimeout(resolve, 300))]);
    held.resolve(undefined);
    await left;
    await new Promise(resolve => setTimeout(resolve, 50));
    expect([...store.objects.keys()]).toEqual([]);
  });

  test('what a killed backup left of an upload goes when its copy is removed or the next begins, and no other', async () => {
    const [mine, next] = [newName(), newName()];
    const pieces = new Map([[1, Buffer.from('paid for')]]);
    const leave = (): void => {
      for (let count = 0; count < 1_200; count += 1)
        store.uploads.set(`left-${count}`, { key: `prod/${set}/${mine.copy}/a.dump`, pieces });
    };
    store.uploads.set('other', { key: `prod/${set}-2/${mine.copy}/a.dump`, pieces });
    leave();
    await writer.remove(mine);
    expect([...store.uploads.keys()]).toEqual(['other']);
    leave();
    await writer.begin(next).then(draft => draft.leave());
    expect([...store.uploads.keys()]).toEqual(['other']);
  });

  test('a store that lists no uploads, or may not be asked, keeps copies and removes them all the same', async () => {
    store.fault = ({ method, query }) => (method === 'GET' && query.has('uploads') ? 403 : undefined);
    const name = newName();
    const draft = await writer.begin(name);
    await draft.put('a.dump', bytes('x'));
    await draft.seal('{}');
    await writer.remove(name);
    expect(store.objects.size).toBe(0);
  });

  test('removing takes the manifest first, and a removal that breaks off leaves no copy', async () => {
    const { copy } = newName();
    const draft = await writer.begin({ set, copy });
    await draft.put('a.dump', bytes('x'));
    await draft.seal('{}');
    store.fault = ({ query }) => (query.has('delete') ? 500 : undefined);
    await expect(writer.remove({ set, copy })).rejects.toMatchObject({ code: 'SERVER_ERROR' });
    expect((await reader.find(set)).copies).toEqual([{ copy, drills: [] }]);
    store.fault = () => undefined;
    await writer.remove({ set, copy });
    expect(store.objects.size).toBe(0);
  });

  test('more keys than one page are all found', async () => {
    for (let day = 1; day <= 28; day += 1)
      for (let hour = 0; hour < 24; hour += 1) {
        const copy = newCopyId(new Date(Date.UTC(2026, 1, day, hour)));
        store.objects.set(`prod/${set}/${copy}/a.dump`, Buffer.from('x'));
        store.objects.set(`prod/${set}/${copy}/manifest.json`, Buffer.from('x'));
      }
    expect((await reader.find(set)).copies).toHaveLength(28 * 24);
  });

  test('of more files than are held at once the newest copies are found, and a large copy is removed whole', async () => {
    const ids = Array.from({ length: 30 }, (_, day) => newCopyId(new Date(Date.UTC(2026, 0, 1 + day))));
    for (const copy of ids) {
      for (let part = 0; part < 1_999; part += 1)
        store.objects.set(`prod/${set}/${copy}/wal-${part}`, Buffer.alloc(0));
      store.objects.set(`prod/${set}/${copy}/manifest.json`, Buffer.from('x'));
    }
    const held = await writer.begin(newName());
    const { copies, cut, lock } = await reader.find(set);
    expect(cut).toBe(true);
    expect(lock).toBeDefined();
    const found = copies.map(each => each.copy);
    for (const copy of ids.slice(-24)) expect(found).toContain(copy);
    expect(copies.find(({ copy }) => copy === ids.at(-1))?.sizes?.size).toBe(2_000);
    await held.leave();
    const [first = ''] = ids;
    await writer.remove({ set, copy: first });
    expect([...store.objects.keys()].filter(key => key.includes(first))).toEqual([]);
    expect(store.objects.size).toBe(29 * 2_000);
  });

  test('a store that is away, or drops the line, is told as such and not retried for minutes', async () => {
    store.fault = () => 0;
    await expect(reader.find(set)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await expect(new S3Reader(bucketOf({ endpoint: 'http://127.0.0.1:9' })).find(set)).rejects.toMatchObject({
      code: 'UNREACHABLE',
    });
  });

  test('a call that was stopped ends', async () => {
    await expect(new S3Reader(bucketOf({ signal: AbortSignal.abort() })).find(set)).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });
});
