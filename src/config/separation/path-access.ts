// What the permission bits along a path let an account do. Where they leave doubt, the account is taken to be able to:
// an owner can give himself every right, and an access list (ACL) may name anybody up to the bits of the group.

/** One name on a disk. */
export interface Entry {
  path: string;
  uid: number;
  gid: number;
  /** With set-id and sticky bits. */
  mode: number;
  kind: 'folder' | 'link' | 'other';
  /** Whether it has an access list beside its mode. */
  acl: boolean;
}

/** How one path is looked up, links followed: each name with the folders that lead to it, and what stands there. */
export interface PathFacts {
  path: string;
  /** The root folder has none. `entry` absent: nothing stands there (the last step alone). */
  steps: readonly { way: readonly Entry[]; entry?: Entry }[];
  /** Why the way could not be followed to its end; absent: it was, or ends where nothing is. */
  fault?: string;
}

/** Whose rights are asked for. */
export interface Subject {
  uid: number;
  /** The primary group's among them. */
  gids: ReadonlySet<number>;
}

/** That something is possible, and what makes it so. */
export interface Hole {
  /** The name on the way whose owner, mode or access list gives the right. */
  at: Entry;
  by: 'owner' | 'mode' | 'acl';
}

const [readBit, writeBit, enterBit] = [4, 2, 1];
const stickyBit = 0o1000;

/** Whether the account gets as far as into the folder. */
export function mayEnter({ uid, gids }: Subject, facts: PathFacts): boolean {
  const last = facts.steps.at(-1);
  if (last?.entry === undefined) return false;
  return [...last.way, last.entry].every(entry => allows(entry, { uid, gids }, enterBit) !== undefined);
}

/** How the account can read what is there: a file's content, or that a folder can be listed or gone into. */
export function readingHole(subject: Subject, facts: PathFacts): Hole | undefined {
  const last = facts.steps.at(-1);
  if (last?.entry === undefined) return undefined;
  if (last.entry.uid === subject.uid) return { at: last.entry, by: 'owner' };
  const way = passage(subject, last.way);
  if (way === undefined) return undefined;
  const by =
    allows(last.entry, subject, readBit) ??
    (last.entry.kind === 'folder' ? allows(last.entry, subject, enterBit) : undefined);
  if (by === undefined) return undefined;
  return way.by === 'acl' ? way : { at: last.entry, by };
}

/** How the account can change what is there, or put something else in its place: there, or anywhere on the way. */
export function writingHole(subject: Subject, facts: PathFacts): Hole | undefined {
  for (const { way, entry } of facts.steps) {
    const owned = [...way, ...(entry === undefined ? [] : [entry])].find(({ uid }) => uid === subject.uid);
    if (owned !== undefined) return { at: owned, by: 'owner' };
    const folder = way.at(-1);
    const passed = passage(subject, way.slice(0, -1));
    if (folder === undefined || passed === undefined) continue;
    const inFolder = both(allows(folder, subject, writeBit), allows(folder, subject, enterBit));
    const sticky = (folder.mode & stickyBit) !== 0;
    // In a sticky folder only what is one's own can be replaced, or what is not there yet be made.
    if (inFolder !== undefined && (!sticky || entry === undefined))
      return passed.by === 'acl' ? passed : { at: folder, by: inFolder };
  }
  const last = facts.steps.at(-1);
  const inside = passage(subject, last?.way ?? []);
  if (last?.entry === undefined || inside === undefined) return undefined;
  const by = allows(last.entry, subject, writeBit);
  if (by === undefined) return undefined;
  return inside.by === 'acl' ? inside : { at: last.entry, by };
}

/** Whether all folders of a way can be gone through; `acl` where only an access list may make it so. */
function passage(
  subject: Subject,
  way: readonly Entry[],
): { by: 'owner' | 'mode' } | { by: 'acl'; at: Entry } | undefined {
  let doubtful: Entry | undefined;
  for (const folder of way) {
    const by = allows(folder, subject, enterBit);
    if (by === undefined) return undefined;
    if (by === 'acl') doubtful ??= folder;
  }
  return doubtful === undefined ? { by: 'mode' } : { by: 'acl', at: doubtful };
}

function allows(entry: Entry, { uid, gids }: Subject, bit: number): Hole['by'] | undefined {
  if (entry.uid === uid) return 'owner';
  const group = (entry.mode >> 3) & bit;
  const byMode = gids.has(entry.gid) ? group : entry.mode & bit;
  if (byMode !== 0) return 'mode';
  // With an access list, what `ls` shows as the group's bits is the most that it gives to anybody it names.
  return entry.acl && group !== 0 ? 'acl' : undefined;
}

function both(one: Hole['by'] | undefined, other: Hole['by'] | undefined): Hole['by'] | undefined {
  if (one === undefined || other === undefined) return undefined;
  return one === 'acl' || other === 'acl' ? 'acl' : one;
}
