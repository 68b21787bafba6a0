import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { RunView, StepRecord } from '../../src/core/journal.ts';
import { type JsonObject, textOf } from '../../src/core/json.ts';
import { startRuns, type TestRuns } from './interpreter/runs-of.ts';

// A run is gone on with by one real process after another, each of which is killed at a drawn moment, until the run has ended.
// Between two of them all clocks go on past every lease.

const script = new URL('./processes/mortal-worker.ts', import.meta.url).pathname;

/** How many deaths: `VIGIE_CRASH_POINTS=1000 npm run test:engine`; a reduced set otherwise. */
const deathsWanted = Number(process.env['VIGIE_CRASH_POINTS'] ?? 40);
/** Printed, so that a failure is repeated: `VIGIE_CRASH_SEED=…`. */
const seed = Number(process.env['VIGIE_CRASH_SEED'] ?? 1);
/** Past the lease of a run and that of a change that is under way. */
const pastLeasesMs = 150_000;
/** Deaths of one run; more than it has ever taken. */
const mostLives = 60;

const label = (name: string, step: string) =>
  `tool: k8s_patch, with: {target: {kind: ConfigMap, name: ${name}, namespace: shop}, patch: '{"metadata":{"labels":{"${step}":"done"}}}'}`;
const read = (name: string) =>
  `tool: k8s_get, with: {target: {kind: ConfigMap, name: ${name}, namespace: shop}}`;

/** Reads, changes that go by themselves and one that a person is asked about, a loop, and branches side by side. */
const playbook = `
timeout: 1d
steps:
  - {id: look, ${read('one')}}
  - {id: first, ${label('one', 'first')}}
  - id: both
    parallel:
      mode: settled
      branches:
        - id: a
          steps: [{id: left, ${label('two', 'left')}}, {id: seen, ${read('two')}}]
        - id: b
          steps: [{id: right, ${label('three', 'right')}}]
  - {id: asked, tool: k8s_delete, with: {target: {kind: ConfigMap, name: four, namespace: shop}}}
  - id: each
    foreach: {in: [one, two, three, five], as: item, parallel: 2}
    tool: k8s_patch
    with: {target: {kind: ConfigMap, name: "\${{ item }}", namespace: shop}, patch: '{"metadata":{"labels":{"each":"done"}}}'}
  - {id: last, ${read('five')}}
finally: [{id: end, ${read('three')}}]
`;
const changed = ['first', 'both/a/left', 'both/b/right', 'asked', 'each[0]', 'each[1]', 'each[2]', 'each[3]'];

/** Steps by what they call: what comes from the calls has no paths. */
function callOf({ tool, input }: { tool: string; input: JsonObject }): string {
  const { target, patch } = input;
  return `${tool} ${textOf(target, 'name')} ${typeof patch === 'string' ? patch : ''}`;
}

/** One line of what a life told. */
interface Told {
  life: number;
  word: string;
  rest: string;
}

export function survivesCrashes(): void {
  test(`runs whose workers are killed at ${deathsWanted} drawn moments (seed ${seed}): nothing recorded is done again or lost, no change is made twice`, async () => {
    const draw = drawFrom(seed);
    for (let [deaths, round] = [0, 0]; deaths < deathsWanted; round += 1) {
      const lived = await liveThrough(draw);
      expect(lived.deaths, `round ${round} had a death`).toBeGreaterThan(0);
      deaths += lived.deaths;
      await judge(lived, `round ${round}`);
    }
  });
}

interface Lived {
  runs: TestRuns;
  view: RunView;
  told: Told[];
  deaths: number;
}

async function liveThrough(draw: (most: number) => number): Promise<Lived> {
  const runs = await startRuns({
    policy: '{low: allow, medium: allow, high: ask, budget: {automaticPerHour: 1000, perObjectPerDay: 1000}}',
    world: 'test/fixtures/worlds/config-maps.yaml',
  });
  const told = join(runs.test.dir, 'told');
  writeFileSync(told, '');
  const id = await runs.start(playbook);
  const lines: Told[] = [];
  const decided = new Set<string>();
  let [deaths, aheadMs] = [0, 0];
  for (let life = 0; life < mostLives; life += 1) {
    const child = spawn(
      process.execPath,
      [script, runs.test.configFile, told, String(aheadMs), String(1 + draw(25)), String(draw(2) * draw(40))],
      { env: runs.test.env, stdio: ['ignore', 'inherit', 'inherit'] },
    );
    const ended = await untilSomethingIs(runs, { id, child, decided });
    deaths += child.signalCode === 'SIGKILL' ? 1 : 0;
    await end(child);
    const now = readFileSync(told, 'utf8').split('\n').slice(lines.length, -1);
    lines.push(...now.map(line => toldBy(life, line)));
    if (ended.view.endedAt !== undefined) return { runs, view: ended.view, told: lines, deaths };
    // Nothing runs while a person decides.
    if (ended.ticket !== undefined) {
      decided.add(ended.ticket);
      expect(await runs.test.approve(ended.ticket)).toMatchObject({ status: 'done' });
    }
    await runs.test.sandbox.advance(pastLeasesMs);
    runs.passTime(pastLeasesMs);
    aheadMs += pastLeasesMs;
  }
  throw new Error(`the run did not end: ${JSON.stringify(await runs.journal.get(id))}`);
}

/** The worker has died, or has no more to do. */
async function untilSomethingIs(
  { journal }: TestRuns,
  { id, child, decided }: { id: string; child: ChildProcess; decided: ReadonlySet<string> },
): Promise<{ view: RunView; ticket?: string }> {
  for (;;) {
    const view = await journal.get(id);
    if (view === undefined) throw new Error(`the run ${id} is gone`);
    const gone = child.exitCode !== null || child.signalCode !== null;
    if (view.endedAt !== undefined) return { view };
    const wait = view.status === 'waiting' ? view.waits.find(({ kind }) => kind === 'message') : undefined;
    const ticket = wait?.kind === 'message' ? wait.key.replace('ticket:', '') : undefined;
    if (ticket !== undefined && !decided.has(ticket)) return { view, ticket };
    if (gone) return { view };
    await pause(20);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

function toldBy(life: number, line: string): Told {
  const [word = '', ...rest] = line.split(' ');
  return { life, word, rest: rest.join(' ') };
}

async function judge({ runs, view, told }: Lived, round: string): Promise<void> {
  const why = `${round}: ${JSON.stringify(view.output)} ${JSON.stringify(view.steps.map(({ path, state }) => `${path} ${state}`))}`;
  expect(view.status, why).toBe('done');
  const final = new Map(view.steps.map(step => [`${step.path} ${step.attempt}`, step]));
  const keptIn = new Map<string, number>();
  for (const { life, word, rest } of told) {
    if (word !== 'kept') continue;
    const records: readonly StepRecord[] = JSON.parse(rest);
    for (const record of records) {
      if (record.state === 'intent') continue;
      const { path, attempt, state, output } = record;
      // None that was told to be kept is lost.
      expect(final.get(`${path} ${attempt}`), `${why} ${path}`).toMatchObject({ state, output });
      keptIn.set(path, life);
    }
  }
  const calls = told.flatMap(({ life, word, rest }) => {
    if (word !== 'call') return [];
    const call: { tool: string; input: JsonObject; change: string | null } = JSON.parse(rest);
    return [{ life, call, what: callOf(call) }];
  });
  // What was kept is not called again: a call of that kind in a later life belongs to another step.
  for (const [path, life] of keptIn)
    for (const later of calls)
      if (later.life > life) expect(later.what, `${why} ${path} again`).not.toBe(callsOfPaths.get(path));
  // One change a step, whatever was asked again: it was looked for by its own id before.
  for (const path of changed) {
    const what = callsOfPaths.get(path);
    const ids = calls.filter(each => each.what === what).map(({ call }) => call.change);
    expect(new Set(ids).size, `${why} ${path}: ${ids.join()}`).toBe(1);
  }
  const store = await runs.test.vigie.store();
  const made = (await store.changes.list({ limit: 200 })).filter(({ actor }) => actor.run === view.id);
  expect(
    made.map(({ state }) => state),
    why,
  ).toEqual(changed.map(() => 'done'));
  expect(await store.audit.verify(), why).toMatchObject({ ok: true });
}

const patchOf = (step: string) => `{"metadata":{"labels":{"${step}":"done"}}}`;
const callsOfPaths: ReadonlyMap<string, string> = new Map([
  ['look', 'k8s_get one '],
  ['first', `k8s_patch one ${patchOf('first')}`],
  ['both/a/left', `k8s_patch two ${patchOf('left')}`],
  ['both/a/seen', 'k8s_get two '],
  ['both/b/right', `k8s_patch three ${patchOf('right')}`],
  ['asked', 'k8s_delete four '],
  ...['one', 'two', 'three', 'five'].map(
    (name, index) => [`each[${index}]`, `k8s_patch ${name} ${patchOf('each')}`] as const,
  ),
  ['last', 'k8s_get five '],
  ['.finally/end', 'k8s_get three '],
]);

/** Whole numbers below a bound, always the same from one seed. */
function drawFrom(from: number): (most: number) => number {
  let state = from >>> 0;
  return most => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % most;
  };
}
