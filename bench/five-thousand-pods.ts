import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject } from '../src/core/json.ts';
import { bundled } from './support/bundled.ts';
import type { Program } from './support/install-peers.ts';
import { type Bench, held, type Measurement, median, megabytes, ratio } from './support/measurement.ts';
import { startWithPods } from './support/pods-world.ts';
import { peakBytes } from './support/process-memory.ts';
import { startRealCluster } from './support/real-cluster.ts';
import { StdioClient } from './support/stdio-client.ts';
import { type Home, makeHome, product } from './support/surroundings.ts';

const size = { pods: 5_000, namespaces: 20 };
const rounds = 5;
const opener = { target: { kind: 'Namespace', name: 'default' } };
const budgets = { time: 0.5, memory: 0.6 };

/** A cluster with the pods in it, from wherever it comes. */
interface Place {
  label: string;
  url: string;
  token: string;
  authority?: string;
  kubeconfig: string;
  stop(): Promise<void>;
}

interface Sample {
  opening: number;
  first: number;
  again: number;
  peak: number | undefined;
}

/** Five thousand pods, counted by state with the first hundred shown, against reading them all. */
export const fiveThousandPods: Measurement = {
  name: 'five-thousand-pods',
  title: 'Five thousand pods',
  about:
    '`k8s_list` of 5,000 pods in 20 namespaces, 5 kB each and more (counts of all, the first hundred rows) against a bare process that reads ' +
    'them in full, in pages of 500, and counts. Each in a process of its own, asked over its standard streams. “Opening” ' +
    'is a first small question: connecting and, ours, kubeconfig and discovery. Then the list, the peak memory of the ' +
    'whole process up to then, and the same list again.',

  async measure(bench) {
    const rows: string[][] = [];
    const notes: string[] = [];
    for (const start of [startSimulated, startReal]) {
      const place = await start(bench);
      if (place === undefined) {
        notes.push('Real API server: not measured, its binaries are not here (KUBEBUILDER_ASSETS).');
        continue;
      }
      try {
        rows.push(...(await compare(bench, place)));
      } finally {
        await place.stop();
      }
    }
    const columns = ['cluster', 'way', 'opening', 'list', 'ratio', 'again', 'ratio', 'peak', 'ratio'];
    return { columns, rows, notes };
  },
};

async function compare(bench: Bench, place: Place): Promise<string[][]> {
  const home = makeHome(bench, place.kubeconfig);
  const reader = readerAlone(bench, home);
  const programs = [...fullLists(bench, place), reader, product(bench, 'vigie, the whole server')];
  const samples = programs.map((): Sample[] => []);
  // The round before the first warms the cluster and fills the compile cache.
  for (let round = -1; round < rounds; round += 1) {
    for (const [index, program] of programs.entries()) {
      const sample = await list(program, home.env);
      if (round >= 0) samples[index]?.push(sample);
    }
  }
  const results = samples.map(each => ({
    opening: median(each.map(({ opening }) => opening)),
    first: median(each.map(({ first }) => first)),
    again: median(each.map(({ again }) => again)),
    peak: median(each.map(({ peak }) => peak ?? 0)),
  }));
  const [full] = results;
  return results.map((result, index) => {
    // The budget is the reader's; what a whole server holds before it lists anything is start-up's.
    const against = (value: number, base: number | undefined, budget: number) =>
      base === undefined || base === 0
        ? '–'
        : programs[index] === reader
          ? held(value / base, budget)
          : ratio(value, base);
    return [
      place.label,
      programs[index]?.label ?? '',
      `${result.opening.toFixed(0)} ms`,
      `${result.first.toFixed(0)} ms`,
      against(result.first, full?.first, budgets.time),
      `${result.again.toFixed(0)} ms`,
      against(result.again, full?.again, budgets.time),
      megabytes(result.peak),
      against(result.peak, full?.peak, budgets.memory),
    ];
  });
}

async function list(program: Program, env: Readonly<Record<string, string>>): Promise<Sample> {
  const client = new StdioClient(program, env);
  const ask = async () => {
    const { ms, result } = await client.callTool('k8s_list', { kind: 'pods' });
    const data = isObject(result['structuredContent']) ? result['structuredContent'] : {};
    const counts = isObject(data['counts']) ? Object.values(data['counts']) : [];
    const counted = counts.reduce<number>((sum, count) => sum + Number(count), 0);
    if (counted !== size.pods)
      throw new Error(`${program.label} counted ${JSON.stringify(result).slice(0, 500)}`);
    return ms;
  };
  try {
    await client.initialize();
    const { ms: opening } = await client.callTool('k8s_get', opener);
    const first = await ask();
    const peak = peakBytes(client.pid);
    return { opening, first, peak, again: await ask() };
  } finally {
    await client.close();
  }
}

function fullLists(bench: Bench, place: Place): Program[] {
  const script = bundled(bench, 'list-in-full');
  const more = [place.url, place.token];
  if (place.authority !== undefined) {
    const file = join(bench.dir, 'authority.pem');
    writeFileSync(file, place.authority);
    more.push(file);
  }
  return [
    { label: 'the full list', command: [process.execPath, script, 'keep', ...more] },
    { label: 'full pages, each let go', command: [process.execPath, script, 'drop', ...more] },
  ];
}

function readerAlone(bench: Bench, home: Home): Program {
  const script = bundled(bench, 'list-by-reader');
  return {
    label: 'vigie, its reader alone',
    command: [process.execPath, script, home.kubeconfig, home.context],
  };
}

async function startSimulated(bench: Bench): Promise<Place> {
  bench.say('Starting a sandbox with 5,000 pods …');
  const sandbox = await startWithPods(size);
  return {
    label: 'sandbox',
    url: sandbox.url,
    token: sandbox.token,
    kubeconfig: sandbox.kubeconfig(),
    stop: () => sandbox.close(),
  };
}

async function startReal(bench: Bench): Promise<Place | undefined> {
  const cluster = await startRealCluster(size, line => bench.say(line));
  return cluster === undefined ? undefined : { ...cluster, label: 'kube-apiserver' };
}
