import { join } from 'node:path';
import { isObject, type JsonObject } from '../src/core/json.ts';
import { bundled } from './support/bundled.ts';
import { faultyWorld } from './support/faulty-world.ts';
import type { Program } from './support/install-peers.ts';
import { held, kilobytes, type Measurement, median, ratio } from './support/measurement.ts';
import { peakBytes } from './support/process-memory.ts';
import { StdioClient } from './support/stdio-client.ts';
import { makeHome } from './support/surroundings.ts';

const size = { pods: 5_000, namespaces: 20, faults: 200 };
const rounds = 3;
const budgets = { memoryMiB: 200, answerKilobytes: 20 };

/** What breaks rules in a large cluster, against the raw lists of what it takes to say so. */
export const auditOfPods: Measurement = {
  name: 'audit',
  title: 'What breaks rules among thousands of pods',
  about:
    `The collector and all rules of \`k8s_audit\`, on ${size.pods.toLocaleString('en')} pods of a sandbox, ten to a deployment, in ${size.namespaces} namespaces. Against it the raw lists, ` +
    'each kind once, of every kind that is looked at, in pages of 500 over one connection, held and not judged. Each in a process of its own; “peak” is the most that ' +
    'the process held; “answer” is the first page as a model gets it.',

  async measure(bench) {
    bench.say(`Starting a sandbox with ${size.pods} pods …`);
    const sandbox = await faultyWorld(size);
    try {
      const home = makeHome(bench, sandbox.kubeconfig());
      const script = bundled(bench, 'audit-or-list');
      const rest = [home.kubeconfig, home.context, sandbox.url, sandbox.token];
      const env = { ...home.env, NODE_COMPILE_CACHE: join(bench.dir, 'code') };
      const samples: Sample[][] = [[], []];
      // The round before the first warms the cluster and fills the compile cache.
      for (let round = -1; round < rounds; round += 1)
        for (const [index, way] of ['lists', 'audit'].entries()) {
          const sample = await sampleOf(
            { label: way, command: [process.execPath, script, way, ...rest] },
            env,
          );
          if (round >= 0) samples[index]?.push(sample);
        }
      const [raw, vigie] = samples.map(each => ({
        ms: median(each.map(({ ms }) => ms)),
        mebibytes: Math.round(median(each.map(({ peak }) => peak)) / 1024 / 1024),
        said: each.at(-1)?.said ?? {},
      }));
      if (raw === undefined || vigie === undefined) throw new Error('two ways were measured');
      const bytes = Number(vigie.said['bytes']);
      const rows = [
        [
          'raw lists',
          `${raw.ms.toFixed(0)} ms`,
          '–',
          `${raw.mebibytes} MiB`,
          '',
          `${Number(raw.said['objects'])} objects`,
        ],
        [
          'vigie',
          `${vigie.ms.toFixed(0)} ms`,
          ratio(vigie.ms, raw.ms),
          `${held(vigie.mebibytes, budgets.memoryMiB)} MiB`,
          `${kilobytes(bytes)} (${bytes <= budgets.answerKilobytes * 1_000 ? '' : 'MISSED: '}≤ ${budgets.answerKilobytes})`,
          `${Number(vigie.said['findings'])} findings`,
        ],
      ];
      return { columns: ['way', 'time', 'ratio', 'peak', 'answer', 'finds'], rows, notes: [] };
    } finally {
      await sandbox.close();
    }
  },
};

interface Sample {
  ms: number;
  peak: number;
  said: JsonObject;
}

async function sampleOf(program: Program, env: Readonly<Record<string, string>>): Promise<Sample> {
  const client = new StdioClient(program, env);
  try {
    await client.initialize();
    await client.callTool('k8s_get', {});
    const { ms, result } = await client.callTool('k8s_audit', {});
    const said = result['structuredContent'];
    return { ms, peak: peakBytes(client.pid) ?? 0, said: isObject(said) ? said : {} };
  } finally {
    await client.close();
  }
}
