import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import type { Journal } from '../../../src/core/journal.ts';
import { eventually } from '../../support/eventually.ts';
import { openAt } from './open-at.ts';

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
  place: string,
  { name, killedAfter }: { name: string; killedAfter: number },
): Promise<Worker> {
  const child = spawn(process.execPath, [script, place, name, String(steps)], {
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

/** What holds whatever becomes of the processes that work. */
export function survivesDeaths(placeOf: () => Promise<string>): void {
  test('workers that are killed anywhere lose no record, and no record is made twice', async () => {
    const place = await placeOf();
    const { journal, runs } = await manyRuns(place, 12);
    const said: string[] = [];
    for (let kill = 0; kill < 6; kill++) {
      const pair = await Promise.all(
        ['a', 'b'].map(each => startWorker(place, { name: `${each}${kill}`, killedAfter: 3 + kill * 11 })),
      );
      // One of the two may find nothing that is not the other's.
      await Promise.race(pair.map(({ child }) => once(child, 'exit')));
      await Promise.all(pair.map(({ child }) => end(child)));
      said.push(...pair.flatMap(each => each.said));
    }
    const last = await startWorker(place, { name: 'last', killedAfter: Number.POSITIVE_INFINITY });
    await allDone(journal, runs);
    await allKept(journal, { runs, said: [...said, ...last.said] });
  });
}

/** Not so in a file: whoever stands still in the middle of a write holds it, and all wait until that process goes on. */
export function survivesStandstill(placeOf: () => Promise<string>): void {
  test('a worker that stood still while another went on with its runs adds nothing when it comes back', async () => {
    const place = await placeOf();
    const { journal, runs } = await manyRuns(place, 4);
    const never = Number.POSITIVE_INFINITY;
    const still = await startWorker(place, { name: 'still', killedAfter: never });
    await eventually(() => expect(still.said.length).toBeGreaterThan(10));
    still.child.kill('SIGSTOP');
    const other = await startWorker(place, { name: 'other', killedAfter: never });
    await eventually(() => expect(other.said.length).toBeGreaterThan(10));
    still.child.kill('SIGCONT');
    await allDone(journal, runs);
    await allKept(journal, { runs, said: [...still.said, ...other.said] });
  });
}

async function manyRuns(place: string, count: number): Promise<{ journal: Journal; runs: string[] }> {
  const journal = await openAt(place);
  onTestFinished(() => journal.close());
  await journal.putDefinition(digest, 'x');
  const runs = Array.from({ length: count }, (_, index) => `run-${index}`);
  for (const id of runs)
    await journal.start({ id, name: 'n', environment: 'e', digest, input: {}, startedBy: {} });
  return { journal, runs };
}

async function allDone(journal: Journal, runs: readonly string[]): Promise<void> {
  await eventually(async () =>
    expect(await journal.list({ status: 'done', max: 50 })).toHaveLength(runs.length),
  );
}

/** What was told to be kept, by whom and in which epoch, is what is there. */
async function allKept(
  journal: Journal,
  { runs, said }: { runs: readonly string[]; said: readonly string[] },
): Promise<void> {
  const found = new Map<string, unknown>();
  for (const id of runs) {
    const view = await journal.get(id);
    expect(view?.steps.map(({ path }) => path).toSorted()).toEqual(
      Array.from({ length: steps }, (_, index) => `s${index}`).toSorted(),
    );
    for (const { path, output } of view?.steps ?? []) found.set(`${id} ${path}`, output);
  }
  expect(new Set(said.map(line => line.split(' ').slice(0, 2).join(' '))).size).toBe(said.length);
  for (const line of said) {
    const [run, path, worker, epoch] = line.split(' ');
    expect(found.get(`${run} ${path}`)).toEqual({ worker, epoch: Number(epoch) });
  }
}
