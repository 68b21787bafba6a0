import { readFileSync } from 'node:fs';

/** The most memory that a process had at once, in megabytes; undefined where the system does not say. */
export function peakMegabytes(pid: number | undefined): number | undefined {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1024);
  } catch {
    return undefined;
  }
}

/** Clock ticks a second, which Linux has fixed for what it tells programs. */
const ticks = 100;

/**
 * The time that a process has had a processor, in seconds, with that of its threads; undefined where the system does
 * not say. A bound on it holds on a busy machine too.
 */
export function cpuSeconds(pid: number | undefined): number | undefined {
  try {
    // Counted from behind the name, which may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / ticks;
  } catch {
    return undefined;
  }
}
