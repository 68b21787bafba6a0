import { rmSync } from 'node:fs';
import type { Program } from './support/install-peers.ts';
import { held, type Measurement, median, megabytes, ratio } from './support/measurement.ts';
import { startWithPods } from './support/pods-world.ts';
import { residentBytes } from './support/process-memory.ts';
import { StdioClient } from './support/stdio-client.ts';
import { makeHome, newTemporary, product } from './support/surroundings.ts';

const rounds = 11;
// Of the first initialize of all programs; a warm start then finds what an earlier one compiled.
const primings = 2;
const budgets = { time: 0.7, memory: 1 };

interface Contender extends Program {
  /** Whether the code that an earlier start compiled is there. */
  compiled: boolean;
}

interface Sample {
  ms: number;
  bytes: number | undefined;
}

/** From the spawn of a server to its first answer, and what it holds once its tools are listed. */
export const startUp: Measurement = {
  name: 'start-up',
  title: 'Start-up',
  about:
    'From spawn to the answer to `initialize`, and the resident memory of the whole process tree after `tools/list`. ' +
    '“Warm” finds the code compiled by an earlier start (Node’s compile cache), as every start but the first does.',

  async measure(bench) {
    const { bare, others, notes } = await bench.peers();
    const sandbox = await startWithPods({ pods: 10, namespaces: 1 });
    const home = makeHome(bench, sandbox.kubeconfig());
    const ours = { ...product(bench, 'vigie, warm'), compiled: true };
    const contenders: Contender[] = [
      ...(bare === undefined ? [] : [{ ...bare, compiled: true }]),
      ours,
      { ...product(bench, 'vigie, cold'), compiled: false },
      ...others.map(each => ({ ...each, compiled: true })),
    ];
    const samples = new Map<string, Sample[]>(contenders.map(({ label }) => [label, []]));
    for (let round = -primings; round < rounds; round += 1) {
      for (const contender of contenders) {
        const sample = await start(contender, home);
        if (round >= 0) samples.get(contender.label)?.push(sample);
      }
    }
    await sandbox.close();

    const results = contenders.map(({ label }) => ({ label, ...summed(samples.get(label) ?? []) }));
    const [base] = results;
    return {
      columns: ['server', 'time', 'against bare', 'memory', 'against bare'],
      notes,
      rows: results.map(({ label, ms, bytes }) => {
        const isBudgeted = label === ours.label && bare !== undefined;
        const time = base === undefined ? 1 : ms / base.ms;
        const memory = base?.bytes === undefined || bytes === undefined ? undefined : bytes / base.bytes;
        return [
          label,
          `${ms.toFixed(0)} ms`,
          isBudgeted ? held(time, budgets.time) : ratio(time, 1),
          bytes === undefined ? 'not measured' : megabytes(bytes),
          memory === undefined ? '–' : isBudgeted ? held(memory, budgets.memory) : ratio(memory, 1),
        ];
      }),
    };
  },
};

async function start(contender: Contender, home: ReturnType<typeof makeHome>): Promise<Sample> {
  const fresh = contender.compiled ? undefined : newTemporary(home.dir);
  const client = new StdioClient(
    contender,
    fresh === undefined ? home.env : { ...home.env, XDG_CACHE_HOME: fresh },
  );
  try {
    const { ms } = await client.initialize();
    await client.call('tools/list', {});
    return { ms, bytes: residentBytes(client.pid) };
  } finally {
    await client.close();
    if (fresh !== undefined) rmSync(fresh, { recursive: true, force: true });
  }
}

function summed(samples: readonly Sample[]): Sample {
  const sizes = samples.flatMap(({ bytes }) => (bytes === undefined ? [] : [bytes]));
  return {
    ms: median(samples.map(({ ms }) => ms)),
    bytes: sizes.length === 0 ? undefined : median(sizes),
  };
}
