import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { ClaimedRun, Journal } from '../src/core/journal.ts';
import { readPlaybook } from '../src/engine/language/read-playbook.ts';
import { openPostgresJournal } from '../src/store/journal/postgres/postgres-journal.ts';
import { postgresPrograms, type RealPostgres, startPostgres } from '../test/integrations/support/postgres.ts';
import { type Measurement, median } from './support/measurement.ts';

const size = { runs: 50, stepsEach: 40 };
/** Steps that wait for a cluster, and as many runs at once as one worker takes of them. */
const slow = { callMs: 50, most: 5 };
const rounds = 3;
/** Of the rate of DBOS's own steps. */
const least = 0.8;
/** Of one worker's rate. */
const leastGrowth = 1.3;
const leaseMs = 600_000;
const script = new URL('./processes/go-on-with-runs.ts', import.meta.url).pathname;

type Way = 'bare' | 'claimed' | 'dispatched';

/** What durable steps cost in PostgreSQL, by DBOS alone and by ours. */
export const sharedJournal: Measurement = {
  name: 'shared-journal',
  title: 'Steps of playbooks in PostgreSQL',
  about:
    `${size.runs} runs of ${size.stepsEach} reads that answer at once, from the moment in which they are asked for to the end of the last, on one PostgreSQL that waits for its disk, in steps a second. “Bare DBOS” are workflows of a queue with steps of their own; “dispatched” are ours as \`vigie worker\` goes on with them on PostgreSQL, interpreter and all; “claimed” the same without DBOS; “the journal alone” records without an interpreter. ` +
    `Workers are processes of their own on the server's machine. One whose steps answer at once has use for a whole core, and the server for another: on two cores there is nothing left for a second one. What it adds where steps wait for a cluster is the last line: steps of ${slow.callMs} ms, ${slow.most} runs at once a worker.`,

  async measure(bench) {
    if (postgresPrograms() === undefined)
      return { columns: [], rows: [], notes: ['The programs of PostgreSQL are not installed.'] };
    const server = await startPostgres({ settings: ['fsync=on', 'max_connections=200'] });
    try {
      const rates = new Map<string, number[]>();
      const note = (name: string, rate: number): void =>
        void rates.set(name, [...(rates.get(name) ?? []), rate]);
      for (let round = 0; round < rounds; round += 1) {
        bench.say(`Round ${round + 1} of ${rounds} …`);
        for (const workers of [1, 2])
          for (const way of ['bare', 'dispatched', 'claimed'] as const)
            note(`${way} ${workers}`, await rateOf(server, { way, workers, round }));
        note('alone', await journalAlone(server, round));
        for (const workers of [1, 2])
          note(`slow ${workers}`, await rateOf(server, { way: 'dispatched', workers, round, ...slow }));
      }
      const rate = (name: string): number => median(rates.get(name) ?? []);
      const shown = (name: string): string => Math.round(rate(name)).toLocaleString('en');
      const judged = (ratio: number, bound: number): string =>
        `${ratio.toFixed(2)} (${ratio >= bound ? '' : 'MISSED: '}≥ ${bound})`;
      const toBare = (name: string): number => rate(name) / rate('bare 1');
      const growth = (way: string): number => rate(`${way} 2`) / rate(`${way} 1`);
      const row = (title: string, way: Way, against: string): string[] => [
        title,
        shown(`${way} 1`),
        shown(`${way} 2`),
        growth(way).toFixed(2),
        against,
      ];
      return {
        columns: ['what', 'one worker', 'two workers', 'two to one', 'one to one of bare DBOS'],
        rows: [
          row('bare DBOS', 'bare', '1.00'),
          row('dispatched', 'dispatched', judged(toBare('dispatched 1'), least)),
          row('claimed', 'claimed', toBare('claimed 1').toFixed(2)),
          ['the journal alone', shown('alone'), '', '', toBare('alone').toFixed(2)],
          [
            'dispatched, where steps wait',
            shown('slow 1'),
            shown('slow 2'),
            judged(growth('slow'), leastGrowth),
            '',
          ],
        ],
        notes: [],
      };
    } finally {
      server.close();
    }
  },
};

async function rateOf(
  server: RealPostgres,
  {
    way,
    workers,
    round,
    most = size.runs,
    callMs = 0,
  }: { way: Way; workers: number; round: number; most?: number; callMs?: number },
): Promise<number> {
  const url = newDatabase(server, `${way}_${workers}_${round}_${callMs}`);
  const journal = await openPostgresJournal({ url });
  const children: ChildProcess[] = [];
  try {
    const digest = await putPlaybook(journal);
    for (let worker = 0; worker < workers; worker += 1)
      children.push(await startWorker([way, url, ...[size.stepsEach, size.runs, most, callMs].map(String)]));
    // Each has looked for work, and found none.
    await pause(2_000);
    const ms = way === 'bare' ? await bareRound(children[0]) : await ourRound(journal, digest);
    return (size.runs * size.stepsEach * 1_000) / ms;
  } finally {
    for (const child of children) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await journal.close();
  }
}

function newDatabase(server: RealPostgres, name: string): string {
  const { user, password, host, port } = server;
  server.sql(`create database ${name}`);
  return `postgres://${user}:${password}@${host}:${port}/${name}`;
}

async function startWorker(words: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [script, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  if (child.stdout === null) throw new Error('its output is a pipe');
  await once(child.stdout, 'data');
  return child;
}

async function bareRound(child: ChildProcess | undefined): Promise<number> {
  if (child === undefined || child.stdout === null) throw new Error('there is a worker');
  child.stdin?.write('go\n');
  const [ms]: unknown[] = await once(child.stdout, 'data');
  return Number(String(ms));
}

async function ourRound(journal: Journal, digest: string): Promise<number> {
  const from = performance.now();
  await start(journal, digest);
  for (;;) {
    const done = await journal.list({ status: 'done', max: size.runs });
    if (done.length === size.runs) return performance.now() - from;
    await pause(20);
  }
}

/** As many records as the steps of the runs, each run waiting for its own. */
async function journalAlone(server: RealPostgres, round: number): Promise<number> {
  const journal = await openPostgresJournal({ url: newDatabase(server, `alone_${round}`) });
  try {
    await start(journal, await putPlaybook(journal));
    const claimed: ClaimedRun[] = await journal.claim('w', { max: size.runs, leaseMs });
    const from = performance.now();
    await Promise.all(
      claimed.map(async ({ lease }) => {
        for (let step = 0; step < size.stepsEach; step += 1)
          await journal.record(lease, [
            { path: `step-${step}`, attempt: 1, state: 'done', output: { status: 'answered', data: {} } },
          ]);
      }),
    );
    return (size.runs * size.stepsEach * 1_000) / (performance.now() - from);
  } finally {
    await journal.close();
  }
}

async function putPlaybook(journal: Journal): Promise<string> {
  const steps = Array.from(
    { length: size.stepsEach },
    (_, index) => `  - {id: step${index}, tool: k8s_get, with: {target: {kind: Pod, name: x}}}`,
  );
  const source = `apiVersion: vigie/v1\nkind: Playbook\nmetadata: {name: many-reads, title: Many reads}\nsteps:\n${steps.join('\n')}\n`;
  const read = await readPlaybook(source);
  if (read.playbook === undefined) throw new Error(JSON.stringify(read.mistakes));
  await journal.putDefinition(read.digest, source);
  return read.digest;
}

async function start(journal: Journal, digest: string): Promise<void> {
  await Promise.all(
    Array.from({ length: size.runs }, (_, index) =>
      journal.start({
        id: `r${index}`,
        name: 'many-reads',
        environment: 'prod',
        digest,
        input: {},
        startedBy: { kind: 'person', name: 'alice' },
      }),
    ),
  );
}
