import { execFile } from 'node:child_process';
import { lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../core/system-error.ts';
import type { Entry, PathFacts } from './path-access.ts';

/** As the kernel itself: a way with more links is a loop. */
const mostLinks = 40;
/** No path that a system takes has more names. */
const mostSteps = 2_048;
/** A disk that has not answered by then does not answer. */
const answerMs = 5_000;
const maxBytes = 4 * 1024 * 1024;

/** What stands along these absolute paths, each name looked at once; and whether access lists could be looked for. */
export async function lookAlong(
  paths: readonly string[],
): Promise<{ facts: ReadonlyMap<string, PathFacts>; aclsKnown: boolean }> {
  const seen = new Map<string, Entry>();
  const facts = new Map<string, PathFacts>();
  for (const path of new Set(paths)) facts.set(path, await follow(path, seen));
  return { facts, aclsKnown: await markAccessLists([...seen.values()]) };
}

async function follow(path: string, seen: Map<string, Entry>): Promise<PathFacts> {
  const steps: { way: Entry[]; entry?: Entry }[] = [];
  let names = path.split('/').filter(name => name !== '' && name !== '.');
  let links = 0;
  try {
    let way = [await look('/', seen)];
    while (names.length > 0) {
      const [name = '', ...rest] = names;
      names = rest;
      if (name === '..') {
        way = way.length > 1 ? way.slice(0, -1) : way;
        continue;
      }
      if (steps.length >= mostSteps) return { path, steps, fault: 'it is too long' };
      const at = join(way.at(-1)?.path ?? '/', name);
      const entry = await lookIfThere(at, seen);
      if (entry === undefined) {
        steps.push({ way });
        return { path, steps };
      }
      steps.push({ way, entry });
      if (entry.kind === 'link') {
        if (++links > mostLinks) return { path, steps, fault: 'its links go round' };
        const target = await readlink(at);
        names = [...target.split('/').filter(part => part !== '' && part !== '.'), ...names];
        if (target.startsWith('/')) way = way.slice(0, 1);
      } else way = [...way, entry];
    }
    return { path, steps: endingAt(way, steps) };
  } catch (error) {
    return { path, steps, fault: systemCode(error) ?? 'it cannot be looked at' };
  }
}

/** The last step is that of the thing itself, also where a link or `..` led there. */
function endingAt(way: Entry[], steps: { way: Entry[]; entry?: Entry }[]): typeof steps {
  const thing = way.at(-1);
  if (thing === undefined || steps.at(-1)?.entry === thing) return steps;
  return [...steps, { way: way.slice(0, -1), entry: thing }];
}

async function lookIfThere(path: string, seen: Map<string, Entry>): Promise<Entry | undefined> {
  try {
    return await look(path, seen);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function look(path: string, seen: Map<string, Entry>): Promise<Entry> {
  const known = seen.get(path);
  if (known !== undefined) return known;
  const found = await lstat(path);
  const kind = found.isDirectory() ? 'folder' : found.isSymbolicLink() ? 'link' : 'other';
  const entry: Entry = { path, uid: found.uid, gid: found.gid, mode: found.mode & 0o7777, kind, acl: false };
  seen.set(path, entry);
  return entry;
}

/**
 * Marks what has an access list, which `ls` shows as a `+` behind the mode; Node cannot ask. Where the bits of the group
 * are empty a list gives nothing. False where this `ls` does not tell.
 */
async function markAccessLists(entries: readonly Entry[]): Promise<boolean> {
  const asked = entries.filter(({ kind, mode }) => kind !== 'link' && (mode & 0o070) !== 0);
  const plain = asked.filter(({ path }) => /^[\w/.@:=+, -]+$/.test(path));
  for (const entry of asked) entry.acl = !plain.includes(entry);
  if (plain.length === 0) return true;
  const shown = await listing(plain.map(({ path }) => path));
  let told = true;
  for (const entry of plain) {
    const mode = shown.get(entry.path);
    if (mode === undefined) told = false;
    entry.acl = mode?.endsWith('+') ?? false;
  }
  return told;
}

/** Path → mode as `ls` writes it: `drwxr-x---+`. */
function listing(paths: readonly string[]): Promise<Map<string, string>> {
  return new Promise(resolve => {
    execFile(
      'ls',
      // Only the one of GNU knows the quoting style, and only that one shows the `+`.
      ['-ldn', '--quoting-style=c', '--', ...paths],
      { timeout: answerMs, maxBuffer: maxBytes, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } },
      (_error, stdout) => {
        const lines = stdout.split('\n').map(line => /^(\S{10,12}) .* "([^"]*)"$/.exec(line));
        resolve(new Map(lines.flatMap(found => (found === null ? [] : [[found[2] ?? '', found[1] ?? '']]))));
      },
    );
  });
}
