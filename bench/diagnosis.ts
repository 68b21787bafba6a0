import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject } from '../src/core/json.ts';
import { bundled } from './support/bundled.ts';
import { faultyWorld } from './support/faulty-world.ts';
import type { Program } from './support/install-peers.ts';
import { type Bench, held, type Measurement, median, ratio } from './support/measurement.ts';
import { peakBytes } from './support/process-memory.ts';
import { startRealDeployments } from './support/real-deployments.ts';
import { StdioClient } from './support/stdio-client.ts';
import { makeHome } from './support/surroundings.ts';

const faults = 200;
const sizes = [5_000, 10_000, 20_000];
const namespaces = 20;
const rounds = 3;
// Of the 200 faults on the real server; their ten pods each make 200 that do not work.
const brokenDeployments = 20;
// Four times the pods may take four times as long; the tenth is what measurements scatter.
const budgets = { time: 0.8, memoryMiB: 200, growth: 4.4 };

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
    `The collector and all rules of \`k8s_diagnose\`, on pods of two containers, ten to a deployment, in ${namespaces} namespaces, with ${faults} faults. ` +
    `In the sandbox these are ${faults} deployments whose image does not exist; on the real API server ${brokenDeployments} deployments of which no pod works, for ` +
    `five different reasons, and ${faults - brokenDeployments} services whose port no container has (controllers made the pods there; what a kubelet says of them ` +
    'was written by the bench). Against it the raw lists, each kind once, of every kind that is looked at (of events the warnings), in pages of 500 over one ' +
    'connection, held and not judged. Each in a process of its own; “again” is the same once more in that process, “peak” the most that the ' +
    'process held up to the end of the first. “Rules alone”: what reading costs is left out, all is in one namespace, and one workload in ' +
    'twenty is broken together with its service, its claim and the rights of its account.',

  async measure(bench) {
    const rows: string[][] = [];
    const notes: string[] = [];
    const firsts: number[] = [];
    for (const pods of sizes) {
      const compared = await within(await startSimulated(bench, pods), bench);
      rows.push(...compared.rows);
      firsts.push(compared.judgedMs);
    }
    const [least, most] = [firsts[0] ?? 0, firsts.at(-1) ?? 0];
    notes.push(
      `From 5,000 to 20,000 pods of the sandbox the diagnosis takes ${held(most / least, budgets.growth)} times as long.`,
    );
    const alone = [judgedAlone(bench, sizes[0] ?? 0), judgedAlone(bench, sizes.at(-1) ?? 0)];
    rows.push(...alone.map(({ row }) => row));
    const growth = (alone[1]?.cpuMs ?? 0) / (alone[0]?.cpuMs ?? 1);
    notes.push(
      `From 5,000 to 20,000 pods of one namespace the rules alone take ${held(growth, budgets.growth)} times the processor's time.`,
    );
    const real = await startReal(bench);
    if (real === undefined)
      notes.push('Real API server: not measured, its binaries are not here (KUBEBUILDER_ASSETS).');
    else rows.push(...(await within(real, bench)).rows);
    const columns = ['cluster', 'way', 'first', 'ratio', 'again', 'ratio', 'peak', 'finds'];
    return { columns, rows, notes };
  },
};

/** What the rules take of the processor where all objects are in one namespace and in memory; the median of the rounds. */
function judgedAlone(bench: Bench, pods: number): { row: string[]; cpuMs: number } {
  const script = bundled(bench, 'judge-alone');
  const results = Array.from({ length: rounds }, () => {
    const said: unknown = JSON.parse(
      execFileSync(process.execPath, [script, `${pods}`], { encoding: 'utf8' }),
    );
    return isObject(said) ? said : {};
  });
  const middle = (field: string) => median(results.map(each => Number(each[field])));
  const [first, again] = [middle('first'), middle('again')];
  const label = `one namespace in memory, ${pods.toLocaleString('en')} pods`;
  const says = `${middle('findings')} findings`;
  const row = [
    label,
    'rules alone (processor)',
    `${first.toFixed(0)} ms`,
    '–',
    `${again.toFixed(0)} ms`,
    '–',
    '–',
    says,
  ];
  return { row, cpuMs: again };
}

async function within(place: Place, bench: Bench): Promise<Compared> {
  try {
    return await compare(bench, place);
  } finally {
    await place.stop();
  }
}

interface Compared {
  rows: string[][];
  /** How long the first diagnosis took. */
  judgedMs: number;
}

async function compare(bench: Bench, place: Place): Promise<Compared> {
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
  const rows = results.map((result, index) => {
    const against = (value: number, base = value) =>
      index === 0 ? '–' : place.label === judged ? held(value / base, budgets.time) : ratio(value, base);
    const mebibytes = Math.round(result.peak / 1024 / 1024);
    const memory =
      index === 1 && place.label === judged
        ? `${held(mebibytes, budgets.memoryMiB)} MiB`
        : `${mebibytes} MiB`;
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
  return { rows, judgedMs: results[1]?.first ?? 0 };
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
  const size = { pods: 5_000, namespaces, brokenDeployments, brokenServices: faults - brokenDeployments };
  const cluster = await startRealDeployments(size, line => bench.say(line));
  return cluster === undefined ? undefined : { ...cluster, label: judged };
}
