import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openSqliteJournal } from '../../../src/store/journal/sqlite-journal.ts';
import { eventually } from '../../support/eventually.ts';
import { temporaryFolder } from '../open-temporary.ts';

const script = new URL('./processes/work.ts', import.meta.url).pathname;
const digest = 'd'.repeat(64);
const steps = 150;

interface Worker {
  child: ChildProcess;
  /** `run path worker epoch`, a line each, as far as it got. */
  said: string[];
}

/** `killedAfter`: so many steps, in the very turn in which that is read. */
async function startWorker(
  file: string,
  { name, killedAfter }: { name: string; killedAfter: number },
): Promise<Worker> {
  const child = spawn(process.execPath, [script, file, name, String(steps)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const worker: Worker = { child, said: [] };
  let rest = '';
  child.stdout?.on('data', (data: Buffer) => {
    const lines = `${rest}${data.toString()}`.split('\n');
    rest = lines.pop() ?? '';
    worker.said.push(...lines.filter(line => line !== 'ready'));
    if (worker.said.length >= killedAfter) child.kill('SIGKILL');
  });
  if (child.stdout === null) throw new Error('its output is a pipe');
  await once(child.stdout, 'data');
  return worker;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test('workers that are killed anywhere lose no record, and no record is made twice', async () => {
  const file = join(await temporaryFolder(), 'runs.db');
  const journal = await openSqliteJournal({ file, now: () => Date.now() });
  onTestFinished(() => journal.close());
  await journal.putDefinition(digest, 'x');
  const runs = Array.from({ length: 12 }, (_, index) => `run-${index}`);
  for (const id of runs)
    await journal.start({ id, name: 'n', environment: 'e', digest, input: {}, startedBy: {} });

  const said: string[] = [];
  for (let kill = 0; kill < 6; kill++) {
    const pair = await Promise.all(
      ['a', 'b'].map(each => startWorker(file, { name: `${each}${kill}`, killedAfter: 3 + kill * 11 })),
    );
    // One of the two may find nothing that is not the other's.
    await Promise.race(pair.map(({ child }) => once(child, 'exit')));
    await Promise.all(pair.map(({ child }) => end(child)));
    said.push(...pair.flatMap(each => each.said));
  }
  const last = await startWorker(file, { name: 'last', killedAfter: Number.POSITIVE_INFINITY });
  await eventually(async () =>
    expect(await journal.list({ status: 'done', max: 50 })).toHaveLength(runs.length),
  );
  said.push(...last.said);

  // What was told to be kept, by whom and in which epoch, is what is there.
  const kept = new Map<string, unknown>();
  for (const id of runs) {
    const view = await journal.get(id);
    expect(view?.steps.map(({ path }) => path).toSorted()).toEqual(
      Array.from({ length: steps }, (_, index) => `s${index}`).toSorted(),
    );
    for (const { path, output } of view?.steps ?? []) kept.set(`${id} ${path}`, output);
  }
  expect(new Set(said.map(line => line.split(' ').slice(0, 2).join(' '))).size).toBe(said.length);
  for (const line of said) {
    const [run, path, worker, epoch] = line.split(' ');
    expect(kept.get(`${run} ${path}`)).toEqual({ worker, epoch: Number(epoch) });
  }
});
