import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject } from '../src/core/json.ts';
import { bundled } from './support/bundled.ts';
import { faultyWorld, plantFaults } from './support/faulty-world.ts';
import type { Program } from './support/install-peers.ts';
import { type Bench, held, type Measurement, median, megabytes, ratio } from './support/measurement.ts';
import { peakBytes } from './support/process-memory.ts';
import { startRealCluster } from './support/real-cluster.ts';
import { StdioClient } from './support/stdio-client.ts';
import { makeHome } from './support/surroundings.ts';

const faults = 200;
const sizes = [5_000];
const namespaces = 20;
const rounds = 5;
const budgets = { time: 0.8, memoryMiB: 200 };

interface Place {
  label: string;
  url: string;
  token: string;
  authority?: string;
  kubeconfig: string;
  stop(): Promise<void>;
}

/** What is wrong in a large cluster, against the raw lists of what it takes to say so. */
export const diagnosis: Measurement = {
  name: 'diagnosis',
  title: 'What is wrong among thousands of pods',
  about:
    `The collector and all rules of \`k8s_diagnose\`, on pods of two containers, ten to a deployment, in ${namespaces} namespaces, of which ${faults} ` +
    'deployments were given an image that does not exist. Against it the raw lists of every kind that is looked at, of events the warnings, in ' +
    'pages of 500 over one connection, held and not judged. Each in a process of its own; “again” is the same once more ' +
    'in that process, “peak” the most that the process held up to the end of the first.',

  async measure(bench) {
    const rows: string[][] = [];
    const notes: string[] = [];
    for (const pods of sizes) rows.push(...(await within(await startSimulated(bench, pods), bench)));
    const real = await startReal(bench);
    if (real === undefined)
      notes.push('Real API server: not measured, its binaries are not here (KUBEBUILDER_ASSETS).');
    else rows.push(...(await within(real, bench)));
    const columns = ['cluster', 'way', 'first', 'ratio', 'again', 'ratio', 'peak', 'finds'];
    return { columns, rows, notes };
  },
};

async function within(place: Place, bench: Bench): Promise<string[][]> {
  try {
    return await compare(bench, place);
  } finally {
    await place.stop();
  }
}

async function compare(bench: Bench, place: Place): Promise<string[][]> {
  const home = makeHome(bench, place.kubeconfig);
  const script = bundled(bench, 'diagnose-or-list');
  const rest = [home.kubeconfig, home.context, place.url, place.token];
  if (place.authority !== undefined) {
    const file = join(bench.dir, 'authority.pem');
    writeFileSync(file, place.authority);
    rest.push(file);
  }
  const programs: Program[] = [
    { label: 'raw lists', command: [process.execPath, script, 'lists', ...rest] },
    { label: 'vigie', command: [process.execPath, script, 'diagnose', ...rest] },
  ];
  const samples = programs.map((): Sample[] => []);
  // The round before the first warms the cluster and fills the compile cache.
  for (let round = -1; round < rounds; round += 1)
    for (const [index, program] of programs.entries()) {
      const sample = await sampleOf(program, { ...home.env, NODE_COMPILE_CACHE: join(bench.dir, 'code') });
      if (round >= 0) samples[index]?.push(sample);
    }
  const results = samples.map(each => ({
    first: median(each.map(({ first }) => first)),
    again: median(each.map(({ again }) => again)),
    peak: median(each.map(({ peak }) => peak)),
    says: each.at(-1)?.says ?? '',
  }));
  const [raw] = results;
  return results.map((result, index) => {
    const against = (value: number, base = value) =>
      index === 0 ? '–' : place.label === judged ? held(value / base, budgets.time) : ratio(value, base);
    const memory =
      index === 1 && place.label === judged
        ? `${held(Math.round(result.peak / 1024 / 1024), budgets.memoryMiB)} MiB`
        : megabytes(result.peak);
    return [
      place.label,
      programs[index]?.label ?? '',
      `${result.first.toFixed(0)} ms`,
      against(result.first, raw?.first),
      `${result.again.toFixed(0)} ms`,
      against(result.again, raw?.again),
      memory,
      result.says,
    ];
  });
}

interface Sample {
  first: number;
  again: number;
  peak: number;
  says: string;
}

async function sampleOf(program: Program, env: Readonly<Record<string, string>>): Promise<Sample> {
  const client = new StdioClient(program, env);
  const ask = async () => {
    const { ms, result } = await client.callTool('k8s_diagnose', {});
    return { ms, said: isObject(result['structuredContent']) ? result['structuredContent'] : {} };
  };
  try {
    await client.initialize();
    await client.callTool('k8s_get', {});
    const { ms: first, said } = await ask();
    const peak = peakBytes(client.pid) ?? 0;
    const { ms: again } = await ask();
    const { findings, objects } = said;
    if (typeof findings === 'number' && findings < faults)
      throw new Error(`${program.label} found ${JSON.stringify(said).slice(0, 500)}`);
    return {
      first,
      again,
      peak,
      says: typeof findings === 'number' ? `${findings} findings` : `${Number(objects)} objects`,
    };
  } finally {
    await client.close();
  }
}

/** The cluster that the budgets are for. */
const judged = 'kube-apiserver, 5,000 pods';

async function startSimulated(bench: Bench, pods: number): Promise<Place> {
  bench.say(`Starting a sandbox with ${pods} pods …`);
  const sandbox = await faultyWorld({ pods, namespaces, faults });
  return {
    label: `sandbox, ${pods.toLocaleString('en')} pods`,
    url: sandbox.url,
    token: sandbox.token,
    kubeconfig: sandbox.kubeconfig(),
    stop: () => sandbox.close(),
  };
}

async function startReal(bench: Bench): Promise<Place | undefined> {
  const cluster = await startRealCluster({ pods: 5_000, namespaces }, line => bench.say(line));
  if (cluster === undefined) return undefined;
  await plantFaults(cluster.call, { faults, namespaces, deployments: 500 });
  return { ...cluster, label: judged };
}
