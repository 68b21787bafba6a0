import type { Stats } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** An installation has some ten thousand names and takes 0.2 s; a tree of development with 30,000, 0.4 s. */
const mostNames = 200_000;
/** Enough to keep the disk busy. */
const atOnce = 32;
/** Of those that look alike, so many are judged for all. */
const mostAlike = 20;
/** More than this is no oversight, and each costs a look along its whole path. */
const mostOpen = 500;
const groupWrites = 0o020;
const othersWrite = 0o022;

/** A file or folder that somebody beside root and this account may be able to change, or a link out of the program. */
interface OpenName {
  path: string;
  uid: number;
  /** Permission bits; 0 of a link, whose own say nothing. */
  mode: number;
}

/** What a look at every name of the program found. */
export interface ProgramTree {
  open: readonly OpenName[];
  /** False: there are more names, or more that are open, than were looked at. */
  whole: boolean;
}

/**
 * Looks at every file and folder that the program consists of: its code, its packages and those that lie beside it, with
 * whatever links in there lead to. A folder that this account cannot read, it loads nothing from.
 */
export async function lookThroughProgram(program: {
  /** The folder of the code, and the one of the package that it belongs to. */
  code: string;
  own: string;
}): Promise<ProgramTree> {
  const { code, own } = program;
  const beside = dirname(own);
  const ours = process.getuid?.() ?? 0;
  const alike = new Map<string, number>();
  const open: OpenName[] = [];
  const seen = new Set<string>();
  let whole = true;
  const folders: string[] = [];
  const roots = [code, join(own, 'node_modules'), ...(basename(beside) === 'node_modules' ? [beside] : [])];
  const judge = (path: string, facts: Stats) => {
    const mode = facts.isSymbolicLink() ? 0 : facts.mode & 0o777;
    const closed = (facts.uid === 0 || facts.uid === ours) && (mode & othersWrite) === 0;
    if (closed && !facts.isSymbolicLink()) return;
    const kind = `${facts.uid}:${facts.gid}:${mode}:${facts.isDirectory()}`;
    const count = alike.get(kind) ?? 0;
    alike.set(kind, count + 1);
    // Behind the bits of a group may stand an access list, which is another for each name; and each link leads elsewhere.
    if (count >= mostAlike && (mode & groupWrites) === 0 && !facts.isSymbolicLink()) return;
    if (open.length < mostOpen) open.push({ path, uid: facts.uid, mode });
    else whole = false;
  };
  const look = async (path: string) => {
    const facts = await lstat(path);
    if (facts.isDirectory()) folders.push(path);
    if (!facts.isSymbolicLink()) {
      judge(path, facts);
      return;
    }
    const target = await realpath(path);
    if ((await stat(target)).isDirectory()) folders.push(target);
    // What it leads to in here is looked at by itself.
    if (!roots.some(root => `${target}/`.startsWith(`${root}/`))) judge(path, facts);
  };
  await Promise.allSettled(roots.map(look));
  let names = 0;
  while (folders.length > 0 && names <= mostNames) {
    const some = new Set(folders.splice(0, atOnce).filter(folder => !seen.has(folder)));
    for (const folder of some) seen.add(folder);
    const found = await Promise.all(
      [...some].map(async folder => (await readdir(folder).catch(() => [])).map(name => join(folder, name))),
    );
    names += found.flat().length;
    await Promise.allSettled(found.flat().map(look));
  }
  return { open, whole: whole && names <= mostNames };
}
