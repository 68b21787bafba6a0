import { posix } from 'node:path';
import type { Cluster } from '../cluster.ts';

export interface File {
  bytes: Buffer;
  mode: number;
}

/** What one run of a container may write, all files together; a real one has a disk. */
const layerBytes = 8 * 1024 * 1024;
/** Containers with files of their own; the oldest lose theirs. */
const mostLayers = 100;

const layers = new WeakMap<Cluster, Map<string, Map<string, File>>>();

/** The files of one container: what is mounted, and over it what was written since it started. */
export class Files {
  readonly #mounted: ReadonlyMap<string, Buffer>;
  readonly #written: Map<string, File>;

  constructor(mounted: ReadonlyMap<string, Buffer>, written: Map<string, File>) {
    this.#mounted = mounted;
    this.#written = written;
  }

  /** Undefined: there is none. */
  read(path: string): File | undefined {
    const at = posix.resolve('/', path);
    const bytes = this.#mounted.get(at);
    return bytes === undefined ? this.#written.get(at) : { bytes, mode: 0o644 };
  }

  /** Names right below a folder; undefined: there is no such folder. */
  list(path: string): string[] | undefined {
    const at = posix.resolve('/', path);
    const base = at === '/' ? '/' : `${at}/`;
    const below = this.#paths().filter(file => file.startsWith(base));
    if (below.length === 0 && at !== '/' && at !== '/tmp') return undefined;
    return [...new Set(below.map(file => file.slice(base.length).split('/')[0] ?? ''))].toSorted();
  }

  /** All files at or below a path. */
  under(path: string): { path: string; file: File }[] {
    const at = posix.resolve('/', path);
    const inside = this.#paths().filter(file => file === at || at === '/' || file.startsWith(`${at}/`));
    return inside.flatMap(each => {
      const file = this.read(each);
      return file === undefined ? [] : [{ path: each, file }];
    });
  }

  /** Why it cannot be written; undefined: it is. */
  write(path: string, file: File): string | undefined {
    const at = posix.resolve('/', path);
    const folders = [...this.#mounted.keys()].map(each => `${posix.dirname(each)}/`);
    if (this.#mounted.has(at) || folders.some(folder => folder !== '//' && at.startsWith(folder)))
      return 'Read-only file system';
    const others = [...this.#written].filter(([name]) => name !== at);
    const used = others.reduce((sum, [, { bytes }]) => sum + bytes.length, 0);
    if (used + file.bytes.length > layerBytes) return 'No space left on device';
    this.#written.set(at, file);
    return undefined;
  }

  #paths(): string[] {
    return [...new Set([...this.#mounted.keys(), ...this.#written.keys()])].toSorted();
  }
}

/** What was written in one run of a container; it is lost with the run. */
export function layerOf(cluster: Cluster, instance: string): Map<string, File> {
  const known = layers.get(cluster) ?? new Map<string, Map<string, File>>();
  layers.set(cluster, known);
  const layer = known.get(instance) ?? new Map<string, File>();
  known.set(instance, layer);
  const [oldest] = known.keys();
  if (known.size > mostLayers && oldest !== undefined) known.delete(oldest);
  return layer;
}
