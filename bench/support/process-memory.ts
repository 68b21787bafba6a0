import { readdirSync, readFileSync } from 'node:fs';

/** Resident bytes of a process and all below it; undefined where there is no /proc to read them from. */
export function residentBytes(pid: number): number | undefined {
  const parents = new Map<number, number[]>();
  const sizes = new Map<number, number>();
  for (const entry of processes()) {
    const status = readStatus(entry);
    if (status === undefined) continue;
    sizes.set(entry, kilobytesIn(status, 'VmRSS'));
    const parent = numberIn(status, 'PPid');
    parents.set(parent, [...(parents.get(parent) ?? []), entry]);
  }
  if (!sizes.has(pid)) return undefined;
  let sum = 0;
  for (const queue = [pid]; queue.length > 0; ) {
    const next = queue.pop() ?? 0;
    sum += sizes.get(next) ?? 0;
    queue.push(...(parents.get(next) ?? []));
  }
  return sum;
}

/** The most that one process ever held, in bytes; undefined where there is no /proc. */
export function peakBytes(pid: number): number | undefined {
  const status = readStatus(pid);
  return status === undefined ? undefined : kilobytesIn(status, 'VmHWM');
}

function processes(): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter(id => Number.isInteger(id));
  } catch {
    return [];
  }
}

function readStatus(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    // Ended between the listing and the reading.
    return undefined;
  }
}

function numberIn(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? 0);
}

function kilobytesIn(status: string, field: string): number {
  return numberIn(status, field) * 1_024;
}
