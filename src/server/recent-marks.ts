import type { RunSummary } from '../core/journal.ts';
import type { Vigie } from '../pipeline/vigie.ts';
import type { PlaybookRuns } from '../toolkit/playbook-desk.ts';
import { serverLimits } from './limits.ts';

/** What a resource is like now: where it is another text than before, the resource has changed. */
export type Marks = Map<string, string>;

/** The newest changes of the environments this Vigie sees. */
export async function changeMarks(vigie: Vigie): Promise<Marks> {
  const visible = new Set(vigie.environments.map(one => one.view.name));
  const store = await vigie.store();
  const records = await store.changes.list({ limit: serverLimits.recentChanges });
  return new Map(
    records.filter(one => visible.has(one.environment)).map(({ id, state }) => [id, state] as const),
  );
}

/** The newest runs there; none where this Vigie offers nothing that shows them, and then no journal is opened. */
export async function runMarks(vigie: Vigie): Promise<Marks> {
  if (!vigie.tools.some(({ name }) => name === 'playbooks_status')) return new Map();
  const playbooks = await vigie.playbooks();
  const runs = await playbooks.runs({
    max: serverLimits.recentRuns,
    ...(vigie.narrowed === true ? { environments: vigie.environments.map(one => one.view.name) } : {}),
  });
  const going = runs.filter(({ status }) => status === 'running').slice(0, serverLimits.goingRuns);
  const steps = new Map<string, number>();
  for (const { id } of going) steps.set(id, await stepsOf(playbooks, id));
  return new Map(runs.map(run => [run.id, markOf(run, steps.get(run.id))] as const));
}

/** A list does not tell how far a run is that goes on. */
async function stepsOf(playbooks: PlaybookRuns, id: string): Promise<number> {
  return (await playbooks.run(id)).steps.length;
}

function markOf({ status, request, waits }: RunSummary, steps: number | undefined): string {
  return JSON.stringify([status, request, waits.map(({ path }) => path), steps]);
}
