import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

// Who made something that must not outlive them: the machine, its boot, the process, and when that began, since numbers of
// processes are given again.

/** This process, in one word. */
export function thisHolder(): string {
  return [hostname(), boot(), String(process.pid), startOf(process.pid) ?? ''].join('/');
}

/** Whether whoever it names has surely ended; false where nobody here can know. */
export function isGone(holder: string): boolean {
  const [host, itsBoot, pid = '', start] = holder.split('/');
  if (host !== hostname() || itsBoot === '' || !/^\d{1,9}$/.test(pid)) return false;
  return itsBoot !== boot() || startOf(Number(pid)) !== start;
}

function boot(): string {
  return firstOf('/proc/sys/kernel/random/boot_id').slice(0, 8);
}

/** In ticks since the boot; undefined where there is no such process. */
function startOf(pid: number): string | undefined {
  const stat = firstOf(`/proc/${pid}/stat`);
  // The name of the program stands in brackets, and may hold anything.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function firstOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
