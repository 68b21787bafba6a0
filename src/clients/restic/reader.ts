import type { CopyName, CopyReader, Found } from '../../core/copies.ts';
import { copyTime, documentBytes, manifestName } from '../../core/copy.ts';
import { newestReports } from '../../core/drill-reports.ts';
import { VigieError } from '../../core/errors.ts';
import { inParallel } from '../../core/in-parallel.ts';
import { askRestic, mustEndWell, type Repository, shortMs, startRestic } from './run.ts';
import { holderOf, listSnapshots, type Snapshot } from './snapshots.ts';
import { ResticTreeReader } from './tree-reader.ts';

/** Each manifest is a run of restic that opens the repository anew. */
const mostCopies = 200;
const atOnce = 4;
/** The newest that counts decides. */
const mostDrills = 2;
/** To read one part of a copy, however large. */
const openMs = 24 * 3_600_000;
/** A process that runs for days reads a manifest once: what a snapshot holds never changes. */
const mostKept = 2_000;
const kept = new Map<string, string>();

/** Reads copies from a restic repository. */
export class ResticReader implements CopyReader {
  readonly encryption = 'restic';
  readonly trees: ResticTreeReader;
  readonly #at: Repository;

  constructor(at: Repository) {
    this.#at = at;
    this.trees = new ResticTreeReader(at);
  }

  get name(): string {
    return this.#at.name;
  }

  get shown(): string {
    return this.#at.shown;
  }

  async find(set: string, only: Parameters<CopyReader['find']>[1] = {}): Promise<Found> {
    const snapshots = await listSnapshots(this.#at, set);
    const parts = snapshots.filter(
      ({ part, copy }) =>
        part !== undefined && copyTime(copy) !== undefined && (only.copy === undefined || copy === only.copy),
    );
    const byCopy = Map.groupBy(parts, ({ copy }) => copy);
    const ids = [...byCopy.keys()].sort().reverse();
    const copies = await inParallel(ids.slice(0, mostCopies), {
      atOnce,
      task: async copy => {
        const of = byCopy.get(copy) ?? [];
        const manifest = of.find(({ part }) => part === manifestName);
        if (manifest === undefined) return { copy, drills: [] };
        const listed = of.map(each => ({ file: each.part ?? '', read: () => this.#document(each) }));
        const drills = await newestReports(listed, { copy, most: mostDrills, counts: only.counts });
        return {
          copy,
          manifest: await this.#document(manifest),
          drills,
          sizes: new Map(of.map(({ part = '', bytes }) => [part, bytes])),
          trees: new Map(of.map(({ part = '', tree }) => [part, tree])),
        };
      },
    });
    const lock = holderOf(snapshots);
    return { copies, cut: ids.length > mostCopies, ...(lock === undefined ? {} : { lock }) };
  }

  async #document({ id, part = '' }: Snapshot): Promise<string> {
    const known = kept.get(`${this.#at.repository} ${id}`);
    if (known !== undefined) return known;
    const text = await askRestic(this.#at, ['dump', '--no-lock', id, `/${part}`], { deadlineMs: shortMs });
    // Of one that is larger than any manifest the beginning: nothing fits that.
    const document = text.slice(0, documentBytes);
    if (kept.size >= mostKept) kept.clear();
    kept.set(`${this.#at.repository} ${id}`, document);
    return document;
  }

  async *open({ set, copy, part }: CopyName & { part: string }): AsyncIterable<Uint8Array> {
    const snapshots = await listSnapshots(this.#at, set);
    const found = snapshots.find(each => each.copy === copy && each.part === part);
    if (found === undefined)
      throw new VigieError('NOT_FOUND', `${this.name} holds no part ${part} of copy ${copy} of ${set}.`);
    const running = await startRestic(this.#at, ['dump', '--no-lock', found.id, `/${part}`], {
      deadlineMs: openMs,
    });
    yield* running.stdout;
    mustEndWell(await running.ended, this.#at);
  }

  async freeBytes(): Promise<undefined> {
    return undefined;
  }
}
