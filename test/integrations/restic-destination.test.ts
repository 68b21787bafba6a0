import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ResticReader } from '../../src/clients/restic/reader.ts';
import type { Repository } from '../../src/clients/restic/run.ts';
import { ResticWriter } from '../../src/clients/restic/writer.ts';
import { newCopyId } from '../../src/core/copy.ts';
import { makeRepository } from './support/restic-repository.ts';
import { isInstalled, unlessMissing } from './support/start-program.ts';

const set = 'shop-db';
let dir: string;
let password: string;

function at(more: Partial<Repository> = {}): Repository {
  const repository = join(dir, 'repo');
  return {
    name: 'vault',
    repository,
    shown: repository,
    secrets: { RESTIC_PASSWORD: password },
    signal: new AbortController().signal,
    ...more,
  };
}

function environment(): Record<string, string> {
  const PATH = process.env['PATH'] ?? '';
  return { PATH, HOME: dir, RESTIC_REPOSITORY: join(dir, 'repo'), RESTIC_PASSWORD: password };
}

async function* bytes(...chunks: (string | Buffer)[]): AsyncIterable<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

async function read(name: { set: string; copy: string; part: string }): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of new ResticReader(at()).open(name)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe.skipIf(!isInstalled('restic'))(
  `copies in a real restic repository${unlessMissing('restic')}`,
  () => {
    beforeAll(() => {
      dir = mkdtempSync(join(tmpdir(), 'vigie-restic-'));
      ({ password } = makeRepository(dir, 'repo'));
    });
    afterAll(() => rmSync(dir, { recursive: true, force: true }));

    test('a sealed copy is found with its manifest, its parts come back, and it can be removed', async () => {
      const writer = new ResticWriter(at());
      const reader = new ResticReader(at());
      const copy = newCopyId(new Date());
      const large = Buffer.alloc(5_000_000, 'restic');
      const draft = await writer.begin({ set, copy });
      const facts = await draft.put('a.dump', bytes(large));
      expect(facts.bytes).toBe(large.length);
      expect(await reader.find(set)).toMatchObject({ copies: [{ copy, drills: [] }], lock: { copy } });
      await expect(writer.begin({ set, copy: newCopyId(new Date()) })).rejects.toMatchObject({
        code: 'CONFLICT',
      });
      await draft.seal('{"the":"manifest"}');
      await writer.note({ set, copy, file: 'drill-20261122T040000Z.json', text: '{"passed":true}' });
      const found = await reader.find(set);
      expect(found.copies[0]?.sizes?.get('a.dump')).toBe(large.length);
      expect(found).toMatchObject({
        copies: [{ copy, manifest: '{"the":"manifest"}', drills: ['{"passed":true}'] }],
        cut: false,
      });
      for (const minute of ['00', '01', '02'])
        await writer.note({ set, copy, file: `drill-20261122T04${minute}00Z.json`, text: '{"mine":false}' });
      const counts = ({ text }: { text: string }): boolean => text.includes('passed');
      expect((await reader.find(set, { counts })).copies[0]?.drills).toEqual(['{"passed":true}']);
      expect((await read({ set, copy, part: 'a.dump' })).equals(large)).toBe(true);
      await writer.remove({ set, copy });
      await writer.tidy();
      expect(await reader.find(set)).toEqual({ copies: [], cut: false });
    });

    test('a source that breaks off leaves no copy and no lock', async () => {
      async function* broken(): AsyncIterable<Uint8Array> {
        yield Buffer.alloc(3_000_000, 1);
        throw new Error('pg_dump died');
      }
      const draft = await new ResticWriter(at()).begin({ set, copy: newCopyId(new Date()) });
      await expect(draft.put('a.dump', broken())).rejects.toThrow('pg_dump died');
      await draft.leave();
      expect(await new ResticReader(at()).find(set)).toEqual({ copies: [], cut: false });
    });

    test('a backup that was stopped leaves no copy and no lock', async () => {
      const stop = new AbortController();
      const draft = await new ResticWriter(at({ signal: stop.signal })).begin({
        set,
        copy: newCopyId(new Date()),
      });
      stop.abort();
      await expect(draft.put('a.dump', bytes('x'))).rejects.toMatchObject({ code: 'CANCELLED' });
      await draft.leave();
      expect(await new ResticReader(at()).find(set)).toEqual({ copies: [], cut: false });
    });

    test('a set is free again although another backup holds the repository meanwhile', async () => {
      const free = Promise.withResolvers<void>();
      async function* slow(): AsyncIterable<Uint8Array> {
        yield Buffer.from('x');
        await free.promise;
      }
      const long = await new ResticWriter(at()).begin({ set: 'long', copy: newCopyId(new Date()) });
      const storing = long.put('a.dump', slow());
      const draft = await new ResticWriter(at({ heldMs: 1_000 })).begin({ set, copy: newCopyId(new Date()) });
      await draft.put('a.dump', bytes('x'));
      await draft.seal('{"the":"manifest"}');
      expect((await new ResticReader(at()).find(set)).lock).toBeUndefined();
      const next = await new ResticWriter(at()).begin({ set, copy: newCopyId(new Date()) });
      free.resolve();
      await storing;
      await next.leave();
      await long.leave();
      expect((await new ResticReader(at()).find(set)).lock).toBeUndefined();
      // Nothing of any lock is left behind.
      expect(
        execFileSync('restic', ['snapshots', '--tag', 'lock', '--json'], { env: environment() })
          .toString()
          .trim(),
      ).toBe('[]');
    });

    test('what a killed restic left locked keeps nobody out', async () => {
      const killed = spawn('restic', ['backup', '--stdin'], {
        env: environment(),
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      await expect.poll(() => readdirSync(join(dir, 'repo', 'locks')).length).toBe(1);
      killed.kill('SIGKILL');
      await once(killed, 'exit');
      const writer = new ResticWriter(at());
      const copy = newCopyId(new Date());
      const draft = await writer.begin({ set, copy });
      await draft.put('a.dump', bytes('x'));
      await draft.seal('{"the":"manifest"}');
      await writer.remove({ set, copy });
      await writer.tidy();
      const found = await new ResticReader(at()).find(set);
      expect(found.lock).toBeUndefined();
      expect(found.copies.map(each => each.copy)).not.toContain(copy);
    });

    test('a wrong password and a missing repository are told apart', async () => {
      await expect(
        new ResticReader(at({ secrets: { RESTIC_PASSWORD: 'wrong-Password-1' } })).find(set),
      ).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
      await expect(
        new ResticReader(at({ repository: join(dir, 'none'), shown: 'none' })).find(set),
      ).rejects.toMatchObject({
        code: 'DESTINATION',
        message: expect.stringContaining('There is no repository'),
      });
    });

    test('neither the password nor the repository stands in a command line', async () => {
      const seen = new Set<string>();
      const timer = setInterval(() => {
        for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name)))
          try {
            seen.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
          } catch {
            // It has ended meanwhile.
          }
      }, 5);
      await new ResticReader(at()).find(set);
      clearInterval(timer);
      const lines = [...seen].filter(line => line.startsWith('restic\0'));
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.filter(line => line.includes(password) || line.includes(dir))).toEqual([]);
    });
  },
);
