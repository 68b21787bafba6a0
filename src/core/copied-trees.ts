import type { PartFacts } from './copy.ts';

// Folders are read best by whoever keeps them: a destination that knows what it has already reads only what changed. So
// such a destination says which program reads or restores a tree, and whoever can run programs where the files are runs it.

/** A program of a destination. Its secrets belong into its environment and nowhere else. */
interface TreeProgram {
  argv: readonly [program: string, ...words: string[]];
  secrets: Readonly<Record<string, string>>;
  env: Readonly<Record<string, string>>;
  /** Ends it: the destination says when it has waited long enough. */
  signal: AbortSignal;
}

/** A program of a destination that runs: its output is taken, and then its end. */
interface TreeRun {
  stdout: AsyncIterable<Uint8Array>;
  ended: Promise<{
    code: number | null;
    signal?: string;
    cut?: 'deadline' | 'stopped' | 'input';
    stderr: string;
  }>;
}

/** What runs a program where the files are, and hears how far it is. */
export interface TreeRunner {
  start(program: TreeProgram): Promise<TreeRun>;
  progress(message: string): void;
}

/** What is to be read. */
export interface Tree {
  /** Absolute; files and folders. */
  paths: readonly string[];
  /** Patterns of what is left out, as restic has them. */
  exclude: readonly string[];
  /** Whether what is mounted below a path is left out. */
  oneFileSystem: boolean;
  /**
   * The newest good copy of it at that destination, by its snapshot: files that did not change since are taken from there
   * unread. Absent: everything is read.
   */
  since?: string;
}

/** A file, folder, link or device of a stored tree. */
export interface TreeEntry {
  /** Absolute, as it was where it was read; bytes that are no UTF-8 are U+FFFD. */
  path: string;
  /** Its kind and permissions, as stat(2) has them. */
  mode: number;
  /** Of a file; bytes. */
  size: number;
}

/** A part of a copy that is a tree. */
export interface TreeName {
  set: string;
  copy: string;
  part: PartFacts;
}

/** What is known of a tree that was stored. */
export type StoredTree = Required<Pick<PartFacts, 'bytes' | 'sha256' | 'tree'>>;

/** Stores trees of a copy that is being written. */
export interface TreeDraft {
  /**
   * Reads a tree by a program that `by` runs, and stores it. What could not be read whole is not stored.
   * @throws VigieError BACKUP with the files that could not be read, and what the writer and the runner throw
   */
  put(
    part: string,
    of: { tree: Tree; by: TreeRunner },
  ): Promise<StoredTree & { entries(): AsyncIterable<TreeEntry> }>;
  /** Takes a tree over as it is stored elsewhere. @throws VigieError COPY_DAMAGED, DESTINATION where that cannot be */
  carry(tree: TreeName, from: TreeReader): Promise<StoredTree>;
}

/** Restores trees of finished copies. */
export interface TreeReader {
  /**
   * Restores a tree below a folder by a program that `by` runs, each path under its own, and reads every file back. The
   * program proves each byte by its hash on the way.
   * @throws VigieError COPY_DAMAGED when the tree is not there, or not whole; BACKUP when it could not be restored
   */
  restore(tree: TreeName, to: { folder: string; by: TreeRunner; only?: string }): Promise<void>;
  /** All that a stored tree holds. @throws VigieError COPY_DAMAGED */
  entries(tree: TreeName): AsyncIterable<TreeEntry>;
}
