import type { TreeDraft, TreeReader } from './copied-trees.ts';
import type { Encryption } from './copy.ts';
import type { FoundReport } from './drill-reports.ts';

/** Which copy: the name of its set as vigie.yaml has it, and its id. */
export interface CopyName {
  set: string;
  copy: string;
}

/**
 * Whose key signed a manifest; a key is known by its id. changed: it names a key of ours, and its code does not fit what it
 * says now. elsewhere: ours, and of another environment.
 */
export type SignedBy =
  | { whose: 'ours' | 'another' | 'changed'; key: string }
  | { whose: 'elsewhere'; environment: string }
  | { whose: 'nobody' };

/** What lies at a destination under one copy's id. Texts are as they were read: whoever takes them parses them. */
export interface FoundCopy {
  copy: string;
  /** Absent: it was never finished, or somebody took it away: no copy. */
  manifest?: string;
  /** Of the manifest. Absent: nobody looked, and it counts as nobody's. */
  signedBy?: SignedBy;
  /** Reports of drills, the newest last; more than the newest few are not read. */
  drills: readonly string[];
  /** Bytes of each file as it is stored; undefined where the place does not say. Absent: nothing is known of the files. */
  sizes?: ReadonlyMap<string, number | undefined>;
  /** Hashes of the roots of trees, by part. Absent: the place keeps none. */
  trees?: ReadonlyMap<string, string>;
  /** Why what lies there cannot be read, where that is so; bounded. */
  trouble?: string;
}

/** What was found of one set. */
export interface Found {
  /** By id, the newest first. */
  copies: readonly FoundCopy[];
  /** True where more lay there than is ever listed: the oldest are left out. */
  cut: boolean;
  /** Who holds the set's lock, where somebody does: told as found, it may be stale. */
  lock?: LockHolder;
}

/** Who backs up a set at a destination just now. */
export interface LockHolder {
  copy: string;
  /** ISO; renewed while its holder lives. */
  since: string;
  renewedAt: string;
  /** Host and process, as it said itself. */
  holder: string;
}

/**
 * Reads what a destination holds; writes nothing, and stands in read-only mode too. Each method has a deadline of its own
 * and may throw VigieError UNREACHABLE, TIMEOUT, UNAUTHENTICATED, FORBIDDEN, BAD_RESPONSE, SERVER_ERROR, NOT_STARTED,
 * DESTINATION and CANCELLED.
 */
export interface CopyReader {
  /** Its name in vigie.yaml. */
  readonly name: string;
  /** Where it is, for messages; without credentials. */
  readonly shown: string;
  /** What it does to every byte by itself. */
  readonly encryption: Extract<Encryption, 'none' | 'restic'>;
  /** How its copies must be encrypted; one that is not was put there by somebody else. Absent: as `encryption` says. */
  readonly demands?: Encryption;
  /** What restores trees. Absent: it keeps none. */
  readonly trees?: TreeReader;
  /**
   * What lies there of one set; a set that was never backed up has nothing. `copy`: of that one alone, however old;
   * `counts`: the newest reports that it says yes to, absent: the newest.
   */
  find(set: string, only?: { copy?: string; counts?: (report: FoundReport) => boolean }): Promise<Found>;
  /**
   * The bytes of one part as they are stored, as fast as they are taken. Ends with an error, never early, when it breaks off.
   * @throws VigieError NOT_FOUND
   */
  open(name: CopyName & { part: string }): AsyncIterable<Uint8Array>;
  /** Room for new copies in bytes; undefined where it cannot be known (object stores). */
  freeBytes(): Promise<number | undefined>;
}

/** Writes copies. Not built in read-only mode. Throws as the reader does, and CONFLICT. */
export interface CopyWriter {
  readonly name: string;
  /**
   * Takes the set's lock and makes room for a new copy. Until `seal` has ended nothing of it is a copy.
   * @throws VigieError CONFLICT when another backup of the set runs; details: the LockHolder, and `stale` where it has not
   * been renewed for long and `breakLock` was not asked for
   */
  begin(name: CopyName & { breakLock?: boolean }): Promise<CopyDraft>;
  /** Puts a drill's report beside a finished copy. @throws VigieError NOT_FOUND */
  note(name: CopyName & { file: string; text: string }): Promise<void>;
  /** Takes a copy away, its manifest first: what is left when this breaks off is incomplete, never half good. */
  remove(name: CopyName): Promise<void>;
  /** Frees what removed copies left behind, once after several. Absent: they leave nothing. */
  tidy?(): Promise<void>;
}

/** A copy that is being written. */
export interface CopyDraft {
  /** What stores trees of files. Absent: it takes bytes alone. */
  readonly trees?: TreeDraft;
  /**
   * Stores one part while its bytes come, holding no more of them than a few megabytes. An error of `bytes` ends it and
   * is passed on. What was stored is counted and hashed on the way.
   */
  put(part: string, bytes: AsyncIterable<Uint8Array>): Promise<{ bytes: number; sha256: string }>;
  /** Makes it a copy: durable parts first, then the manifest, in one step. Releases the lock. */
  seal(manifest: string): Promise<void>;
  /** Ends a copy that failed: takes away what was stored as far as that goes, and releases the lock. Never throws. */
  leave(): Promise<void>;
}
