import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findCopy, goodCopies, readShelf } from '../../src/backups/catalogue.ts';
import { removable } from '../../src/backups/removable.ts';
import { judgeThreeTwoOne } from '../../src/backups/three-two-one.ts';
import { DirectoryReader } from '../../src/clients/directory/reader.ts';
import type { CopyReader } from '../../src/core/copies.ts';
import { drillName, newCopyId } from '../../src/core/copy.ts';
import { oursAt, signed } from '../support/signed.ts';

const set = 'shop-db';
const hourMs = 3_600_000;
let root: string;
let reader: CopyReader;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vigie-shelf-'));
  mkdirSync(join(root, set));
  reader = oursAt(new DirectoryReader({ name: 'disk', root }));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A finished copy with one part, begun so many hours ago. */
function copyOf(
  hours: number,
  {
    bytes = 1_000,
    encryption = 'none',
    needs,
  }: { bytes?: number; encryption?: string; needs?: string[] } = {},
): string {
  const begun = new Date(Date.now() - hours * hourMs);
  const copy = newCopyId(begun);
  const part = Buffer.alloc(bytes, 7);
  const manifest = {
    version: 1,
    set,
    copy,
    engine: 'postgres',
    startedAt: begun.toISOString(),
    finishedAt: begun.toISOString(),
    parts: [{ name: 'database.dump', bytes, sha256: createHash('sha256').update(part).digest('hex') }],
    encryption,
    contents: { how: 'snapshot', at: begun.toISOString(), items: [] },
    source: {},
    tools: {},
    ...(needs === undefined ? {} : { needs }),
  };
  mkdirSync(place(copy));
  writeFileSync(place(copy, 'database.dump'), part);
  writeFileSync(place(copy, 'manifest.json'), signed(manifest, { what: 'manifest', set, copy }));
  return copy;
}

function place(copy: string, ...file: string[]): string {
  return join(root, set, copy, ...file);
}

async function drilled(copy: string, { passed, at }: { passed: boolean; at: string }): Promise<void> {
  const found = (await readShelf(reader, set)).copies.find(each => each.copy === copy);
  const manifest = found !== undefined && 'manifestSha256' in found ? found.manifestSha256 : '';
  const report = { version: 1, set, copy, manifest, at, passed, tookMs: 1, checks: [], where: '', tools: {} };
  writeFileSync(place(copy, drillName(new Date(at))), signed(report, { what: 'report', set, copy }));
}

async function keptFor(
  rules: Parameters<typeof removable>[1]['rules'],
  because: 'retention' | 'undo' = 'retention',
) {
  const verdicts = removable(await readShelf(reader, set), { rules, now: new Date(), because });
  return new Map(verdicts.map(({ copy, keptFor: reasons }) => [copy, reasons]));
}

async function stateOf(copy: string): Promise<unknown> {
  return (await readShelf(reader, set)).copies.find(each => each.copy === copy);
}

describe('the newest drill decides', () => {
  test('a copy that passed once and failed later is not good: no slot, no proof, no 3-2-1', async () => {
    const proven = copyOf(100);
    const failed = copyOf(2);
    await drilled(proven, { passed: true, at: '2026-11-20T00:00:00Z' });
    await drilled(failed, { passed: true, at: '2026-11-20T01:00:00Z' });
    await drilled(failed, { passed: false, at: '2026-11-20T02:00:00Z' });
    const shelf = await readShelf(reader, set);
    expect(goodCopies(shelf).map(({ copy }) => copy)).toEqual([proven]);
    const kept = await keptFor({ last: 1 });
    expect(kept.get(proven)).toContain('the newest that is proven');
    expect(kept.get(failed)).toEqual(['its drill failed, and no newer copy is proven']);
    rmSync(place(proven), { recursive: true });
    const alone = judgeThreeTwoOne([await readShelf(reader, set)], {
      destinations: new Map([
        [
          'disk',
          { name: 'disk', at: { kind: 'directory', root }, media: 'disk', offSite: true, recipients: [] },
        ],
      ]),
    });
    expect(alone).toMatchObject({ holds: false, copies: 1 });
  });

  test('a failed copy may go once a newer one is proven', async () => {
    const failed = copyOf(5);
    const proven = copyOf(2);
    await drilled(failed, { passed: false, at: '2026-11-20T02:00:00Z' });
    await drilled(proven, { passed: true, at: '2026-11-20T03:00:00Z' });
    expect((await keptFor({ last: 1 })).get(failed)).toEqual([]);
  });

  test('a report says nothing of a copy whose manifest was replaced', async () => {
    const copy = copyOf(5);
    await drilled(copy, { passed: true, at: '2026-11-20T02:00:00Z' });
    expect(await stateOf(copy)).toMatchObject({ passedAt: '2026-11-20T02:00:00Z' });
    const other = copyOf(4);
    const manifest = { ...JSON.parse(JSON.stringify((await stateOf(other)) ?? {})).manifest, copy };
    writeFileSync(place(copy, 'manifest.json'), signed(manifest, { what: 'manifest', set, copy }));
    expect(await stateOf(copy)).toMatchObject({ state: 'good' });
    expect(await stateOf(copy)).not.toHaveProperty('passedAt');
  });
});

describe('a copy is good only with every part that its manifest names', () => {
  test.each([
    ['cut', (part: string) => truncateSync(part, 0), 'has 0 bytes in place of 1000'],
    ['gone', (part: string) => rmSync(part), 'is missing'],
    [
      'a folder',
      (part: string) => {
        rmSync(part);
        mkdirSync(part);
      },
      'has -1 bytes',
    ],
  ])('one that is %s makes it damaged, and keeps the older whole copy', async (_, harm, why) => {
    const whole = copyOf(30);
    const hurt = copyOf(2);
    harm(place(hurt, 'database.dump'));
    expect(await stateOf(hurt)).toMatchObject({ state: 'damaged', why: expect.stringContaining(why) });
    expect((await keptFor({ last: 1 })).get(whole)).toContain('last 1');
    await expect(findCopy(reader, { set, copy: hurt })).rejects.toMatchObject({ code: 'COPY_DAMAGED' });
  });

  test('a pipe in place of a part is refused and holds nobody', async () => {
    const copy = copyOf(2);
    rmSync(place(copy, 'database.dump'));
    execFileSync('mkfifo', [place(copy, 'database.dump')]);
    const bytes = reader.open({ set, copy, part: 'database.dump' });
    await expect(bytes[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'COPY_DAMAGED' });
    rmSync(place(copy, 'manifest.json'));
    execFileSync('mkfifo', [place(copy, 'manifest.json')]);
    expect(await stateOf(copy)).toMatchObject({ state: 'damaged' });
  });

  test('an encryption weaker than that of the destination makes it damaged', async () => {
    const plain = copyOf(2);
    const sealed = copyOf(3, { encryption: 'age' });
    const strict: CopyReader = {
      name: 'disk',
      shown: root,
      encryption: 'none',
      demands: 'age',
      find: (name, only) => reader.find(name, only),
      open: name => reader.open(name),
      freeBytes: () => reader.freeBytes(),
    };
    const { copies } = await readShelf(strict, set);
    expect(copies.find(({ copy }) => copy === plain)).toMatchObject({ state: 'damaged' });
    expect(copies.find(({ copy }) => copy === sealed)).toMatchObject({ state: 'good' });
  });
});

describe('what may go', () => {
  test('an undo leaves the last good copy', async () => {
    const older = copyOf(5);
    const newer = copyOf(2);
    expect((await keptFor(undefined, 'undo')).get(newer)).toEqual([]);
    rmSync(place(older), { recursive: true });
    expect((await keptFor(undefined, 'undo')).get(newer)).toEqual(['the last good copy here']);
  });

  test('copies that suddenly are small do not push out the last of the usual size, unless one is proven', async () => {
    const whole = copyOf(50, { bytes: 10_000 });
    copyOf(3, { bytes: 700 });
    const newest = copyOf(2, { bytes: 700 });
    expect((await keptFor({ last: 2 })).get(whole)).toEqual(['the newest of the usual size']);
    await drilled(newest, { passed: true, at: '2026-11-20T03:00:00Z' });
    expect((await keptFor({ last: 2 })).get(whole)).toEqual([]);
  });
});

describe('folders that somebody made up', () => {
  test('a thousand unfinished ones, or of a time to come, hide no good copy', async () => {
    const good = copyOf(5);
    for (let index = 0; index < 1_001; index += 1) {
      const drawn = newCopyId(new Date(Date.UTC(2099, 0, 1) + index * 1_000));
      mkdirSync(join(root, set, index % 2 === 0 ? `${drawn}.partial` : drawn));
    }
    expect(goodCopies(await readShelf(reader, set)).map(({ copy }) => copy)).toEqual([good]);
    expect(await findCopy(reader, { set, copy: good })).toMatchObject({ state: 'good', copy: good });
  });

  test('a copy of a time that has not come is no good one', async () => {
    const ahead = copyOf(-48);
    expect(await stateOf(ahead)).toMatchObject({
      state: 'damaged',
      why: 'its id is of a time that has not come',
    });
  });

  test('a copy older than all that are listed is found by its id', async () => {
    const oldest = copyOf(3_000);
    for (let hours = 1; hours <= 1_001; hours += 1) copyOf(hours, { bytes: 1 });
    const shelf = await readShelf(reader, set);
    expect(shelf.cut).toBe(true);
    expect(shelf.copies.some(({ copy }) => copy === oldest)).toBe(false);
    expect(await findCopy(reader, { set, copy: oldest })).toMatchObject({ copy: oldest });
  });
});

describe('a copy that stands on an older one', () => {
  const states = async () =>
    Object.fromEntries((await readShelf(reader, set)).copies.map(each => [each.copy, each.state]));

  test('is good as long as that one is there', async () => {
    const base = copyOf(3);
    const middle = copyOf(2, { needs: [base] });
    const newest = copyOf(1, { needs: [base, middle] });
    expect(await states()).toEqual({ [base]: 'good', [middle]: 'good', [newest]: 'good' });
    rmSync(place(base), { recursive: true });
    expect(await states()).toEqual({ [middle]: 'damaged', [newest]: 'damaged' });
  });

  test('has failed with it, unless a later drill of its own has read both', async () => {
    const base = copyOf(3);
    const newest = copyOf(1, { needs: [base] });
    await drilled(base, { passed: false, at: '2026-11-20T10:00:00Z' });
    expect(await states()).toEqual({ [base]: 'failed', [newest]: 'failed' });
    await drilled(newest, { passed: true, at: '2026-11-20T11:00:00Z' });
    expect(await states()).toEqual({ [base]: 'failed', [newest]: 'good' });
  });
});

describe('one copy alone, by its name', () => {
  test('is failed where what it stands on failed, and good again once its own drill passed later', async () => {
    const base = copyOf(3);
    const copy = copyOf(2, { needs: [base] });
    expect(await findCopy(reader, { set, copy })).toMatchObject({ state: 'good' });
    await drilled(base, { passed: false, at: new Date(Date.now() - hourMs).toISOString() });
    expect(await findCopy(reader, { set, copy })).toMatchObject({
      state: 'failed',
      why: `it stands on ${base}, whose drill FAILED`,
    });
    await drilled(copy, { passed: true, at: new Date().toISOString() });
    expect(await findCopy(reader, { set, copy })).toMatchObject({ state: 'good' });
  });

  test('is damaged where what it stands on is gone', async () => {
    const copy = copyOf(2, { needs: [newCopyId(new Date(Date.now() - 3 * hourMs))] });
    await expect(findCopy(reader, { set, copy })).rejects.toMatchObject({
      code: 'COPY_DAMAGED',
      message: expect.stringContaining('which is not there'),
    });
  });
});
