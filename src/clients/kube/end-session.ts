import { readdirSync, readFileSync } from 'node:fs';

// A program that is ended while we look may have started another one.
const mostLooks = 3;

/**
 * Ends everything in the session that a program leads: its process group, and, where the system has /proc, the groups
 * that its children made of themselves. What began a session of its own is out of reach. Undefined: nothing was started.
 */
export function endSession(leader: number | undefined): void {
  if (leader === undefined) return;
  end(-leader);
  for (let look = 0; look < mostLooks; look++) {
    const left = membersOf(leader);
    if (left.length === 0) return;
    for (const pid of left) end(pid);
  }
}

function end(target: number): void {
  try {
    process.kill(target, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

function membersOf(session: number): number[] {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names
    .filter(name => /^\d+$/.test(name))
    .filter(name => sessionOf(name) === session)
    .map(Number);
}

/** Undefined for one that has ended, collected or not. */
function sessionOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // `pid (name) state ppid group session …`, where the name itself may hold brackets and spaces.
    const [state, , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : Number(session);
  } catch {
    return undefined;
  }
}
