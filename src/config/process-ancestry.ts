import { readFile } from 'node:fs/promises';

/** Deeper than any terminal in an editor in a desktop. */
const maxParents = 16;

/**
 * The processes this one was started from, the outermost first: `claude > bash > vigie`. A trace for people, no proof:
 * names of processes can be chosen. `unknown > vigie` where the system has no /proc.
 */
export async function processAncestry(): Promise<string> {
  const names: string[] = [];
  let pid = process.ppid;
  while (pid > 1 && names.length < maxParents) {
    const parent = await readProcess(pid);
    if (parent === undefined) break;
    names.unshift(parent.name);
    pid = parent.parentId;
  }
  return [...(names.length === 0 ? ['unknown'] : names), 'vigie'].join(' > ');
}

async function readProcess(pid: number): Promise<{ name: string; parentId: number } | undefined> {
  let stat: string;
  try {
    stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // `pid (name) state ppid …`, where the name itself may hold brackets and spaces.
  const end = stat.lastIndexOf(')');
  const name = stat.slice(stat.indexOf('(') + 1, end).replaceAll(/[^\w.+-]/g, '?');
  const parentId = Number(stat.slice(end + 2).split(' ')[1]);
  return Number.isInteger(parentId) ? { name, parentId } : undefined;
}
