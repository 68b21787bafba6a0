import { statSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import type { ClaimedRun, Journal } from '../src/core/journal.ts';
import { openSqliteJournal } from '../src/store/journal/sqlite-journal.ts';
import { type Bench, held, type Measurement, median, ratio } from './support/measurement.ts';

const size = { runs: 50, stepsEach: 200, alone: 500, waiting: 10_000 };
const rounds = 3;
const budgets = { stepsPerSecond: 10_000, moreMs: 0.3, waitingBytes: 400, claimMs: 1_000 };
const digest = 'd'.repeat(64);
const leaseMs = 600_000;

/** What durable steps of playbooks cost, against bare inserts that wait for the disk. */
export const journalOfRuns: Measurement = {
  name: 'journal',
  title: 'Steps of playbooks on disk',
  about:
    `The journal alone, synchronous=FULL: a read is one record, a change two (\`intent\`, \`done\`). “${size.runs} runs” record side by side, each waiting for its own; ` +
    `“one run” does alone, turn by turn with a bare insert of a transaction of its own into a table of SQLite. Then ${size.waiting.toLocaleString('en')} runs that wait for a person: bytes on disk of each, and what opening and a claim among them take.`,

  async measure(bench) {
    const samples: Record<'reads' | 'changes' | 'alone' | 'bare', number[]> = {
      reads: [],
      changes: [],
      alone: [],
      bare: [],
    };
    for (let round = 0; round < rounds; round += 1) {
      bench.say(`Round ${round + 1} of ${rounds} …`);
      samples.reads.push(await perSecond(bench, { round, name: 'reads', states: ['done'] }));
      samples.changes.push(await perSecond(bench, { round, name: 'changes', states: ['intent', 'done'] }));
      const { alone, bare } = await stepAlone(bench, round);
      samples.alone.push(alone);
      samples.bare.push(bare);
    }
    bench.say(`Letting ${size.waiting} runs wait …`);
    const waiting = await manyWaiting(bench);
    const [alone, bare] = [median(samples.alone), median(samples.bare)];
    const atLeast = (value: number): string =>
      `${Math.round(value).toLocaleString('en')} (${value >= budgets.stepsPerSecond ? '' : 'MISSED: '}≥ ${budgets.stepsPerSecond.toLocaleString('en')})`;
    return {
      columns: ['what', 'measured'],
      rows: [
        [`${size.runs} runs, reads: steps a second`, atLeast(median(samples.reads))],
        [`${size.runs} runs, changes: steps a second`, atLeast(median(samples.changes))],
        ['a bare insert', `${bare.toFixed(2)} ms`],
        ['one run, a read', `${alone.toFixed(2)} ms, ${ratio(alone, bare)} of bare`],
        ['one run, more than bare', `${held(Number((alone - bare).toFixed(2)), budgets.moreMs)} ms`],
        ['a waiting run on disk', `${held(waiting.bytes, budgets.waitingBytes)} bytes`],
        ['opening and claiming among them', `${held(waiting.ms, budgets.claimMs)} ms`],
      ],
      notes: [],
    };
  },
};

async function perSecond(
  bench: Bench,
  { round, name, states }: { round: number; name: string; states: readonly ('intent' | 'done')[] },
): Promise<number> {
  const journal = await opened(join(bench.dir, `${name}-${round}.db`));
  try {
    const claimed = await started(journal, size.runs);
    const from = performance.now();
    await Promise.all(
      claimed.map(async ({ lease }) => {
        for (let step = 0; step < size.stepsEach; step += 1)
          for (const state of states)
            await journal.record(lease, [
              { path: `step-${step}`, attempt: 1, state, output: { status: 'done', data: { total: step } } },
            ]);
      }),
    );
    return (size.runs * size.stepsEach * 1_000) / (performance.now() - from);
  } finally {
    await journal.close();
  }
}

/** Turn by turn, so that both meet the same disk. */
async function stepAlone(bench: Bench, round: number): Promise<{ alone: number; bare: number }> {
  const journal = await opened(join(bench.dir, `alone-${round}.db`));
  const database = new BetterSqlite(join(bench.dir, `bare-${round}.db`));
  try {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.exec('create table step (path text primary key, output text)');
    const insert = database.prepare('insert into step values (?, ?)');
    const [run] = await started(journal, 1);
    if (run === undefined) throw new Error('a run was started');
    const output = { status: 'answered', data: {} };
    const [alone, bare]: [number[], number[]] = [[], []];
    for (let step = 0; step < size.alone; step += 1) {
      const from = performance.now();
      await journal.record(run.lease, [{ path: `step-${step}`, attempt: 1, state: 'done', output }]);
      const between = performance.now();
      insert.run(`step-${step}`, JSON.stringify(output));
      alone.push(between - from);
      bare.push(performance.now() - between);
    }
    return { alone: median(alone), bare: median(bare) };
  } finally {
    database.close();
    await journal.close();
  }
}

async function manyWaiting(bench: Bench): Promise<{ bytes: number; ms: number }> {
  const file = join(bench.dir, 'waiting.db');
  const before = await opened(file);
  await before.close();
  const empty = statSync(file).size;
  const filling = await opened(file);
  for (let page = 0; page < size.waiting; page += 1_000)
    await Promise.all(
      (await started(filling, 1_000, page)).map(async ({ lease }) => {
        await filling.record(lease, [
          { path: 'up', attempt: 1, state: 'intent', output: { change: lease.run, resource: 'target' } },
        ]);
        await filling.park(lease, [{ path: 'up', kind: 'message', key: `ticket:${lease.run}` }]);
      }),
    );
  await filling.close();
  const bytes = Math.round((statSync(file).size - empty) / size.waiting);
  const from = performance.now();
  const journal = await openSqliteJournal({ file, now: () => Date.now() });
  await journal.send({
    run: idOf(size.waiting / 2),
    key: `ticket:${idOf(size.waiting / 2)}`,
    id: 't',
    payload: {},
  });
  const [woken] = await journal.claim('w', { max: 1, leaseMs });
  const ms = Math.round(performance.now() - from);
  if (woken === undefined) throw new Error('the one that was told is woken');
  await journal.close();
  return { bytes, ms };
}

async function opened(file: string): Promise<Journal> {
  const journal = await openSqliteJournal({ file, now: () => Date.now() });
  await journal.putDefinition(digest, 'kind: Playbook');
  return journal;
}

async function started(journal: Journal, count: number, from = 0): Promise<ClaimedRun[]> {
  await Promise.all(
    Array.from({ length: count }, (_, index) =>
      journal.start({
        id: idOf(from + index),
        name: 'heal-oom',
        environment: 'prod',
        digest,
        input: { namespace: 'shop' },
        startedBy: { kind: 'person', name: 'alice' },
      }),
    ),
  );
  return journal.claim('w', { max: count, leaseMs });
}

function idOf(number: number): string {
  return `r${String(number).padStart(7, '0')}`;
}
