import { createHash } from 'node:crypto';
import type { TreeEntry } from '../../core/copied-trees.ts';
import type { ContentItem } from '../../core/copy.ts';

// A tree as a destination lists it, and as it lies restored, are written in the same lines: mode in hex, size, name, as
// stat(1) prints them. A name may hold line ends, or look like lines of its own: it does so on both sides, so lines are
// compared and never taken apart. Their order is nobody's, so their hashes are added up.

/** Takes what stat(1) prints of a restored tree. Absolute paths follow a dot. */
const linePattern = /^[0-9a-f]+ (?:\d+|-) \.(\/.*)$/s;

/** 256 bits, as a hash has. */
const modulus = 2n ** 256n;

interface Counted {
  path: string;
  below: string;
  count: number;
  sum: bigint;
}

/** Counts and hashes what lies at or below each path. */
export class TreeItems {
  readonly #items: readonly Counted[];
  #last: Counted | undefined;

  constructor(paths: readonly string[]) {
    this.#items = paths.map(path => ({ path, below: path === '/' ? path : `${path}/`, count: 0, sum: 0n }));
  }

  /** One line; what does not begin as an entry goes on with the name of the one before. */
  addLine(line: string): void {
    const path = linePattern.exec(line)?.[1];
    if (path !== undefined)
      this.#last = this.#items.find(item => path === item.path || path.startsWith(item.below));
    const item = this.#last;
    if (item === undefined) return;
    if (path !== undefined) item.count += 1;
    const hash = createHash('sha256').update(asOneRead(line)).digest('hex');
    item.sum = (item.sum + BigInt(`0x${hash}`)) % modulus;
  }

  addEntry(entry: TreeEntry): void {
    for (const line of lineOf(entry).split('\n')) this.addLine(line);
  }

  items(): ContentItem[] {
    return this.#items.map(({ path, count, sum }) => ({
      name: path,
      count,
      hash: sum.toString(16).padStart(64, '0'),
    }));
  }
}

const kindBits = 0o170_000;
const regular = 0o100_000;

/** The size of a folder or a link is its file system's own. */
function lineOf(entry: TreeEntry): string {
  const { mode, size, path } = entry;
  return `${mode.toString(16)} ${isFile(entry) ? size : '-'} .${path}`;
}

/** Whether it is a plain file: no folder, link, pipe or device. */
export function isFile({ mode }: Pick<TreeEntry, 'mode'>): boolean {
  return (mode & kindBits) === regular;
}

/** Decoders do not agree on how many signs stand for bytes that are no UTF-8. */
export function asOneRead(text: string): string {
  return text.replaceAll(/\uFFFD+/g, '\uFFFD');
}
