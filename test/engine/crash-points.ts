import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { RunView } from '../../src/core/journal.ts';
import { crashPlaybook, crashWorld } from './crash-playbook.ts';
import { judgeRuns, type Told } from './crash-verdict.ts';
import { startRuns, type TestRuns } from './interpreter/runs-of.ts';
import { MortalWorkers } from './mortal-workers.ts';

// Runs are gone on with by one real process after another, each of which is killed at a drawn moment, until they have ended.
// Between two of them all clocks go on past every lease, and people may decide.

/** How many deaths at least: `VIGIE_CRASH_POINTS=1000`; otherwise fewer than one set of runs takes, which is a minute's work. */
const deathsWanted = Number(process.env['VIGIE_CRASH_POINTS'] ?? 12);
/** Of one test, which keeps all its stores until it is over. */
const deathsAtOnce = 100;
/** Printed, so that a failure is repeated: `VIGIE_CRASH_SEED=…`. */
const seed = Number(process.env['VIGIE_CRASH_SEED'] ?? 1);
/** Past the lease of a run and that of a change that is under way. */
const pastLeasesMs = 150_000;
/** Processes that it takes until all runs of one store have ended; more than it has ever taken. */
const mostLives = 200;
/** Runs in flight at once, each with objects of its own: a death breaks them off at a moment each. */
const runsAtOnce = ['a', 'b', 'c', 'd'];
/**
 * A process dies at a point up to this one, and up to so many milliseconds behind it. Eight changes that are looked for and
 * asked for again side by side take 40 before the first of them has ended: with fewer no process would get any further.
 */
const mostPoints = 100;
const mostDelayMs = 40;
const lookMs = 20;

export function survivesCrashes(): void {
  for (let from = 0; from < deathsWanted; from += deathsAtOnce) {
    const deaths = Math.min(deathsAtOnce, deathsWanted - from);
    const drawn = seed + from / deathsAtOnce;
    test(`runs whose workers are killed at ${deaths} drawn moments or more (seed ${drawn}): nothing recorded is done again or lost, no change is made twice, what was approved meanwhile counts`, async () => {
      await dieSoOften(deaths, drawFrom(drawn));
    });
  }
}

async function dieSoOften(wanted: number, draw: Draw): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'vigie-crash-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const workers = new MortalWorkers();
  onTestFinished(() => workers.close());
  const world = join(dir, 'world.yaml');
  writeFileSync(world, crashWorld(runsAtOnce));
  for (let [deaths, round] = [0, 0]; deaths < wanted; round += 1) {
    const lived = await liveThrough(draw, { world, workers });
    expect(lived.deaths, `round ${round} had a death`).toBeGreaterThan(0);
    deaths += lived.deaths;
    await judgeRuns(lived, `round ${round}`);
  }
}

interface Lived {
  runs: TestRuns;
  views: Map<string, RunView>;
  told: Told[];
  deaths: number;
}

async function liveThrough(
  draw: Draw,
  { world, workers }: { world: string; workers: MortalWorkers },
): Promise<Lived> {
  const runs = await startRuns({
    policy: '{low: allow, medium: allow, high: ask, budget: {automaticPerHour: 1000, perObjectPerDay: 1000}}',
    world,
  });
  const file = join(runs.test.dir, 'told');
  writeFileSync(file, '');
  const ids = new Map<string, string>();
  for (const own of runsAtOnce) ids.set(own, await runs.start(crashPlaybook(own)));
  const told: Told[] = [];
  let [deaths, aheadMs] = [0, 0];
  for (let life = 0; life < mostLives; life += 1) {
    const worker = await workers.next(runs.test);
    worker.live({ told: file, aheadMs, points: 1 + draw(mostPoints), delayMs: draw(2) * draw(mostDelayMs) });
    const views = await untilStill(runs, { ids, gone: () => worker.gone });
    // Its own hand, and not ours.
    deaths += worker.gone ? 1 : 0;
    await worker.end();
    const lines = readFileSync(file, 'utf8').split('\n').slice(told.length, -1);
    told.push(...lines.map(line => toldBy(life, line)));
    if ([...views.values()].every(({ endedAt }) => endedAt !== undefined))
      return { runs, views, told, deaths };
    // Nothing runs while people decide, or take their time; where all wait for them, they do.
    const now = runs.journal.now();
    const stuck = [...views.values()].every(view => isStill(view, now));
    const decided = [...views.values()].flatMap(ticketsOf).filter(() => stuck || draw(2) === 0);
    for (const ticket of decided)
      expect(await runs.test.approve(ticket), ticket).toMatchObject({ status: 'done' });
    // Their runs are told a moment later, and this process lives.
    await expect
      .poll(async () =>
        [...(await viewsOf(runs, ids)).values()]
          .flatMap(ticketsOf)
          .filter(ticket => decided.includes(ticket)),
      )
      .toEqual([]);
    await runs.test.sandbox.advance(pastLeasesMs);
    runs.passTime(pastLeasesMs);
    aheadMs += pastLeasesMs;
  }
  throw new Error(`not all ended: ${JSON.stringify([...(await viewsOf(runs, ids)).values()])}`);
}

/** Until the worker is gone, or has no more to do. */
async function untilStill(
  runs: TestRuns,
  { ids, gone }: { ids: ReadonlyMap<string, string>; gone: () => boolean },
): Promise<Map<string, RunView>> {
  for (;;) {
    const dead = gone();
    const views = await viewsOf(runs, ids);
    const now = runs.journal.now();
    if (dead || [...views.values()].every(view => isStill(view, now))) return views;
    await pause(lookMs);
  }
}

async function viewsOf(
  { journal }: TestRuns,
  ids: ReadonlyMap<string, string>,
): Promise<Map<string, RunView>> {
  const views = new Map<string, RunView>();
  for (const [own, id] of ids) {
    const view = await journal.get(id);
    if (view === undefined) throw new Error(`the run ${id} is gone`);
    views.set(own, view);
  }
  return views;
}

/** It has ended, or waits for what is not due. */
function isStill({ endedAt, status, waits }: RunView, now: number): boolean {
  if (endedAt !== undefined) return true;
  return status === 'waiting' && waits.every(wait => !('until' in wait) || (wait.until ?? now + 1) > now);
}

function ticketsOf({ status, waits }: RunView): string[] {
  if (status !== 'waiting') return [];
  return waits.flatMap(wait => (wait.kind === 'message' ? [wait.key.replace('ticket:', '')] : []));
}

function toldBy(life: number, line: string): Told {
  const [word = '', ...rest] = line.split(' ');
  return { life, word, rest: rest.join(' ') };
}

/** A whole number below a bound. */
type Draw = (most: number) => number;

/** Always the same ones from one seed. */
function drawFrom(from: number): Draw {
  let state = from >>> 0;
  return most => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % most;
  };
}
