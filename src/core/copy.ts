import { randomInt } from 'node:crypto';

// A copy is a folder of parts with a manifest that is written last: whatever has none, or none that can be read, is no
// copy, whoever broke off there and when.

/** How the bytes of a copy are kept from whoever can read its destination. The manifest is kept in the open, always. */
export type Encryption = 'none' | 'age' | 'restic';

/** One file of a copy. */
export interface PartFacts {
  name: string;
  /** As the engine gave it, before any encryption. */
  bytes: number;
  sha256: string;
  /** As it lies at the destination, where that differs; whoever holds no key can check this alone. */
  stored?: { bytes: number; sha256: string };
  /**
   * It is a tree of files, which a restic repository keeps: `bytes` are those of its files, and `sha256` is the hash of its
   * root, over all names, modes, times and contents below. Its snapshot is what restic calls it there.
   */
  tree?: { files: number; snapshot: string };
}

/** What was counted and hashed of one table, database, key space or folder. */
export interface ContentItem {
  name: string;
  /** Rows, keys or files; of a source that went on while it was copied, the fewest that the copy can hold. */
  count: number;
  /** The most that such a source was seen to hold. Absent: `count` is all that is known. */
  most?: number;
  /** Of its content, by a rule that the engine defines and that gives the same on a restored copy. */
  hash?: string;
}

/** What a copy holds, as it was read from the source: a restored copy is compared with it. */
export interface Contents {
  /**
   * snapshot: read in the very snapshot that was dumped, so that all of it must fit; marker: a value written or noted
   * before the copy began, which must be there; tree: files as they were found while they were read.
   */
  how: 'snapshot' | 'marker' | 'tree';
  /** When that was, by the source's clock; ISO. */
  at: string;
  items: readonly ContentItem[];
  /** Items past the bound of the engine: neither listed nor compared. Absent: none. */
  left?: number;
  /** What must be found again, for `marker` and `tree`. Absent: none was written. */
  marker?: string;
  /** What was written to while it was read, for people; the copy may hold of it what never was. Absent: nothing is known. */
  changed?: string;
}

/** What is known of a copy for good. Holds no secret: it is kept in the open. */
export interface Manifest {
  version: 1;
  set: string;
  copy: string;
  engine: string;
  /** ISO, by Vigie's clock. */
  startedAt: string;
  finishedAt: string;
  parts: readonly PartFacts[];
  encryption: Encryption;
  contents: Contents;
  /** Where it came from, in words: what ran where, database and host, never a password. */
  source: Readonly<Record<string, string>>;
  /** Programs and servers with their versions. */
  tools: Readonly<Record<string, string>>;
  /** Older copies without which this one cannot be restored. Absent: none. */
  needs?: readonly string[];
}

/** One thing that a drill looked at. */
export interface DrillCheck {
  what: string;
  passed: boolean;
  /** What the manifest said and what was found; for people. */
  expected?: string;
  found?: string;
}

/** That somebody restored a copy somewhere else and looked. It lies beside the copy's manifest. */
export interface Drill {
  version: 1;
  set: string;
  copy: string;
  /** SHA-256 of the manifest that lay there: of a copy with another one this report says nothing. */
  manifest?: string;
  /** When it ended; ISO. */
  at: string;
  passed: boolean;
  /** From the first byte read to the last thing looked at: what a restore would take at least. */
  tookMs: number;
  /** How new the restored data is, by the source's clock; ISO. What came later would be lost. Absent: nobody knows. */
  dataUntil?: string;
  checks: readonly DrillCheck[];
  /** Where, and by which programs. */
  where: string;
  tools: Readonly<Record<string, string>>;
}

const letters = 'abcdefghjkmnpqrstvwxyz';
const copyPattern = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-[a-z]{4}$/;

/** A new copy's id: its time in UTC, so that ids sort by age, down to a few milliseconds by its first two letters. */
export function newCopyId(now: Date): string {
  const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const slot = Math.floor((now.getUTCMilliseconds() * letters.length ** 2) / 1_000);
  const drawn = [Math.floor(slot / letters.length), slot % letters.length, ...[0, 0].map(anyLetter)];
  return `${time}-${drawn.map(index => letters.charAt(index)).join('')}`;
}

function anyLetter(): number {
  return randomInt(letters.length);
}

/** When the copy of that id was begun; undefined where it is no id of a copy. */
export function copyTime(copy: string): Date | undefined {
  const [, year, month, day, hour, minute, second] = copyPattern.exec(copy) ?? [];
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** Clocks of those who back up may differ by so much. */
export const clockMs = 3_600_000;

/** Whether an id is of a time that has not come: whoever made it up would be the newest for good. */
export function isOfFuture(copy: string, now: Date): boolean {
  return (copyTime(copy)?.getTime() ?? 0) > now.getTime() + clockMs;
}

/** The file that makes a folder of parts a copy. */
export const manifestName = 'manifest.json';

const partPattern = /^[a-z0-9][A-Za-z0-9._-]{0,199}$/;

/** Whether a part may be called so: one plain word, that no other file of a copy is called by. */
export function isPartName(name: string): boolean {
  return (
    partPattern.test(name) &&
    name !== manifestName &&
    !name.startsWith('drill-') &&
    !name.endsWith('.partial')
  );
}

/** Engines name parts: one that has another name is a fault of ours. */
export function mustBePartName(name: string): void {
  if (!isPartName(name)) throw new Error(`no part may be called ${name}`);
}

/** How the report of a drill that ended then is called. */
export function drillName(at: Date): string {
  return `drill-${at.toISOString().replaceAll(/[-:]|\.\d+/g, '')}.json`;
}

const drillPattern = /^drill-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.json$/;

/** When the drill ended whose report is called so; undefined where no report is. */
export function drillTime(file: string): Date | undefined {
  const [, year, month, day, hour, minute, second] = drillPattern.exec(file) ?? [];
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** Of a manifest or a report as it is read back: thousands of tables, and no more. */
export const documentBytes = 4 * 1024 * 1024;
