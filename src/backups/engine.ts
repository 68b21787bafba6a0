import type { ClusterObjects } from '../clients/kube/cluster-objects.ts';
import type { Tree, TreeEntry } from '../core/copied-trees.ts';
import type { CopyName } from '../core/copies.ts';
import type { Contents, Manifest } from '../core/copy.ts';
import type { Runner } from '../processes/runner.ts';

/**
 * How one sort of data is backed up, restored and looked at. An engine acts only through the Runner and the sink that it
 * is handed: it knows no destination, no encryption and no cluster. Programs that fail, or do not end as they should,
 * throw VigieError BACKUP; NOT_STARTED where one is missing. Errors of runner, sink and copy are passed on.
 */
export interface Engine<Settings = unknown, Target = unknown> {
  /** As sets name it. */
  readonly name: string;
  /** What must be installed: where the data is, and where a copy is restored to. */
  readonly programs: {
    dump: readonly string[];
    restore: readonly string[];
    /** To restore into a place of its own kind. Absent: as `restore`. */
    place?: readonly string[];
  };
  /**
   * Set where it lets an operator do the work and runs no program where the set says: kinds of objects that it acts on, as
   * `apiVersion/kind`.
   */
  readonly objects?: readonly string[];
  /**
   * Reads the data and gives it to the sink part by part. Contents are read in the same snapshot as what is dumped.
   * Returns only when every program has ended as it should; what was put is no copy otherwise.
   */
  dump(job: DumpJob<Settings>): Promise<Dumped>;
  /**
   * Starts an empty place of its own to restore into, on the same machine as the runner: never the source, and reachable
   * by nobody else. The caller ends it, whatever happens in between.
   */
  scratch(job: ScratchJob<Settings>): Promise<Scratch<Target>>;
  /** Restores a copy into a target. What the target held before is the caller's care: it is empty for a drill. */
  restore(job: RestoreJob<Target>): Promise<void>;
  /** What a target holds, counted and hashed as `dump` did it. `expected` says what to look at. */
  inspect(job: InspectJob<Target>): Promise<Contents>;
  /** Where a restore goes that stays, by the name that a person gave it. Absent: a folder where the programs run. */
  place?(job: PlaceJob<Settings>): Place<Target>;
  /** True where one path of a copy can be restored alone. Absent: it cannot. */
  readonly pathAlone?: true;
  /** What a person should know before a restore into such a place. Absent: nothing. */
  cautions?(job: PlaceJob<Settings>): Promise<string[]>;
  /** True where a restore cannot keep aside what has its name. Absent: as `place` says. */
  readonly onlyNew?: true;
  /** What a person should know before a backup or a drill. Absent: nothing but what every preview says. */
  foresee?(job: ForeseeJob<Settings>): Promise<Foreseen>;
  /**
   * Takes away what a copy left outside of its destinations, when the copy is removed: what was done, or why nothing was.
   * Absent: copies leave nothing.
   */
  forget?(job: ForgetJob<Settings>): Promise<string>;
  /** What `forget` will do, before anybody agrees to it. */
  forgetting?(settings: Settings): string;
}

export interface ForeseeJob<Settings> extends Pick<EngineJob, 'objects' | 'signal'> {
  settings: Settings;
  /** Of the copy that is to be drilled. Absent: a backup is to be made. */
  manifest?: Manifest;
}

export interface Foreseen {
  /** Shown among what the change would do. */
  facts: Readonly<Record<string, string>>;
  warnings: readonly string[];
}

export interface ForgetJob<Settings> extends Pick<EngineJob, 'objects' | 'signal'> {
  settings: Settings;
  manifest: Manifest;
}

export interface PlaceJob<Settings> extends EngineJob {
  settings: Settings;
  secrets: Readonly<Record<string, string>>;
  manifest: Manifest;
  into: string;
  /** Drawn for this restore: part of every other name that it needs. */
  drawn: string;
  /** The moment to recover to. Absent: the copy's own end. */
  pointInTime?: Date;
}

/** Where a restore goes that stays. Nothing stands under its name before `settle`. */
export interface Place<Target> {
  /** For people: `database shop_old on 127.0.0.1`. */
  shown: string;
  /** What stands under the name now; undefined: nothing. */
  look(): Promise<Standing | undefined>;
  /** Makes room of its own for the restore. Its end ends what was started and leaves the data. */
  make(): Promise<Scratch<Target>>;
  /** Gives what was restored its name, and notes whose it is. With `aside`, what stood there is kept under that name. */
  settle(more: { mark: string; aside?: string }): Promise<void>;
  /** What restores of this set that were killed have left there, each with the command that takes it away. Absent: nothing. */
  unfinished?(): Promise<string[]>;
  /** Takes away what `make` made, where it got no name: also after a stop. Never throws; says what may still lie there. */
  leave(): Promise<string | undefined>;
  /** Why what stands there is not as it was restored any more; undefined: it is. */
  touched(): Promise<string | undefined>;
  /** Takes away what stands under the name; with `aside`, what is kept under that one gets it back. */
  drop(more: { aside?: string }): Promise<void>;
}

/** What a person must know before something else takes a name. */
export interface Standing {
  /** What a restore noted when it was done; absent: no restore made it. */
  mark?: string;
  /** A line each: how large, what is in it, who uses it. */
  told: readonly string[];
}

/** What every step of an engine goes by. */
export interface EngineJob {
  runner: Runner;
  /** Set for an engine that names kinds of objects. */
  objects?: ClusterObjects;
  signal: AbortSignal;
  /** Of the whole step. */
  deadlineMs: number;
  /** Says what goes on, for a person who waits. */
  progress(message: string): void;
}

export interface DumpJob<Settings> extends EngineJob {
  settings: Settings;
  /** Resolved values by the name of the setting that refers to them: `password`, `dsn`. */
  secrets: Readonly<Record<string, string>>;
  sink: PartSink;
  /** Which copy this is to be. */
  name: CopyName;
  /** The newest good copy of the set; absent: none. For engines that copy only what changed since. */
  previous?: Manifest;
}

/** Takes the parts of a copy, in any order, one at a time. */
interface PartSink {
  /** Stores one part while its bytes come; `part` is a plain file name. An error of `bytes` is passed on. */
  put(part: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  /** Has a tree of files stored by a program where the commands run, and tells all that it read. Absent: bytes alone. */
  putTree?(part: string, tree: Tree): Promise<{ entries(): AsyncIterable<TreeEntry> }>;
}

/** What a manifest says beside its parts. */
export interface Dumped {
  contents: Contents;
  source: Readonly<Record<string, string>>;
  tools: Readonly<Record<string, string>>;
  /** Older copies that a restore of this one reads too. Absent: none. */
  needs?: readonly string[];
}

export interface ScratchJob<Settings> extends EngineJob {
  /** Of the set: names and versions, never its credentials. */
  settings: Settings;
  manifest: Manifest;
  /** An empty folder that is removed afterwards, absolute; only whoever runs Vigie can enter it. */
  folder: string;
}

export interface Scratch<Target> {
  target: Target;
  /** For people: `PostgreSQL 15.18 on a socket in a temporary folder`. */
  shown: string;
  /** Ends what was started and takes away what it left. Never throws. */
  end(): Promise<void>;
  /** After its end: what of it is still there, and where. Absent: its folder has all of it. */
  left?(): string | undefined;
}

export interface RestoreJob<Target> extends EngineJob {
  copy: OpenCopy;
  target: Target;
  /** Restore this path and nothing else, and compare it; only where the engine can. Absent: all. */
  only?: string;
  /** Restore to this moment instead of the copy's end; only where the engine can. */
  pointInTime?: Date;
  /**
   * Takes what was left out because it needs more rights than a place of our own gives: it is said, never passed over.
   * Absent: nothing may be left out.
   */
  leftOut?: (what: string) => void;
}

/** A finished copy as engines read it: decrypted, and proven. */
export interface OpenCopy {
  manifest: Manifest;
  /**
   * The bytes of one part. Its end is reached only if size and hash are what the manifest says.
   * @throws VigieError COPY_DAMAGED while it is read
   */
  open(part: string): AsyncIterable<Uint8Array>;
  /**
   * Restores a part that is a tree below a folder, by a program where the commands of the job run, and tells all that the
   * tree holds. It ends only if every byte was proven. @throws VigieError COPY_DAMAGED, BACKUP
   */
  restoreTree(part: string, to: TreePlace): Promise<{ entries(): AsyncIterable<TreeEntry> }>;
  /** Another copy that this one needs. @throws VigieError NOT_FOUND */
  older(copy: string): Promise<OpenCopy>;
}

/** Where a tree is restored to. */
interface TreePlace extends EngineJob {
  /** Absolute. */
  folder: string;
  /** This path of it and nothing else. Absent: all. */
  only?: string;
}

export interface InspectJob<Target> extends EngineJob {
  target: Target;
  /** What the manifest has, so that the same is counted. */
  expected: Contents;
}
