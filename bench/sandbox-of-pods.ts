import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundled } from './support/bundled.ts';
import { held, type Measurement, median, megabytes, ratio } from './support/measurement.ts';
import { peakBytes, residentBytes } from './support/process-memory.ts';

const worlds = [50, 5_000, 20_000];
const rounds = 5;
const idleMs = 60_000;
const budgets = { loadSeconds: 10, residentMb: 1_500, idleMs: 50 };
/** The worlds to which the two budgets of size apply. */
const toLoad = 5_000;
const toHold = 20_000;

/** What a sandbox costs that holds many pods: to start it, to hold it, to leave it alone, and to change a little of it. */
export const sandboxOfPods: Measurement = {
  name: 'sandbox-of-pods',
  title: 'A sandbox of many pods',
  about:
    'Worlds of ready pods of one container with two probes, ten to a deployment, in 20 namespaces. “Load”: from the YAML to the cluster as it stands, beside ' +
    'reading that YAML alone. “Idle”: processor time of a minute in which nobody asks, beside that of a Node process that ' +
    'waits. “Rollout”: a deployment of three pods replaces them, a minute of its time played through: what bystanders cost.',

  async measure(bench) {
    const script = bundled(bench, 'serve-pods');
    const rows: string[][] = [];
    const nothing = await measureWorld(script, { pods: 'none', rounds: 0 });
    rows.push([
      'none: Node alone',
      '',
      '',
      megabytes(nothing.resident),
      '',
      `${nothing.idle.toFixed(0)} ms`,
      '',
      '',
    ]);
    let small: number | undefined;
    for (const pods of worlds) {
      bench.say(`Starting a sandbox with ${pods} pods …`);
      const world = await measureWorld(script, { pods: String(pods), rounds });
      const { load, parsed, resident, peak, idle, rollout } = world;
      const extra = idle - nothing.idle;
      small ??= rollout;
      rows.push([
        String(pods),
        pods === toLoad ? `${held(load / 1_000, budgets.loadSeconds)} s` : `${(load / 1_000).toFixed(2)} s`,
        ratio(load, parsed),
        pods === toHold
          ? `${held(Math.round(resident / 1_000_000), budgets.residentMb)} MB`
          : megabytes(resident),
        megabytes(peak),
        `${idle.toFixed(0)} ms, ${held(Math.max(0, Math.round(extra)), budgets.idleMs)} more`,
        `${rollout.toFixed(0)} ms`,
        ratio(rollout, small),
      ]);
    }
    const columns = [
      'pods',
      'load',
      'to YAML alone',
      'resident',
      'peak',
      'idle minute',
      'rollout',
      'to 50 pods',
    ];
    return { columns, rows, notes: [] };
  },
};

interface Measured {
  parsed: number;
  load: number;
  resident: number;
  peak: number;
  idle: number;
  rollout: number;
}

async function measureWorld(script: string, of: { pods: string; rounds: number }): Promise<Measured> {
  const child = spawn(process.execPath, [script, of.pods], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = linesOf(child);
  const ask = async (line: string): Promise<Record<string, number>> => {
    child.stdin.write(`${line}\n`);
    return lines.next();
  };
  try {
    const { parsed = 0, load = 0 } = await lines.next();
    // Node gives back what the start has left over.
    await sleep(5_000);
    const { user = 0, system = 0 } = await ask('cpu');
    await sleep(idleMs);
    const after = await ask('cpu');
    const idle = ((after['user'] ?? 0) + (after['system'] ?? 0) - user - system) / 1_000;
    const pid = child.pid ?? 0;
    const resident = residentBytes(pid) ?? 0;
    const peak = peakBytes(pid) ?? 0;
    const rollouts: number[] = [];
    for (let round = 0; round < of.rounds; round += 1) rollouts.push((await ask('rollout'))['ms'] ?? 0);
    return { parsed, load, resident, peak, idle, rollout: of.rounds === 0 ? 0 : median(rollouts) };
  } finally {
    child.kill();
  }
}

function linesOf(child: ChildProcess): { next(): Promise<Record<string, number>> } {
  if (child.stdout === null) throw new Error('a process without an output');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async next() {
      const { value, done } = await lines.next();
      if (done === true || typeof value !== 'string') throw new Error('the measured process has ended');
      // The JSON border: the process is ours.
      return JSON.parse(value) as Record<string, number>;
    },
  };
}
