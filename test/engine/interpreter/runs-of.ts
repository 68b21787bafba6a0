import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { VigieError } from '../../../src/core/errors.ts';
import { newId } from '../../../src/core/ids.ts';
import type { Journal, RunView } from '../../../src/core/journal.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { workDispatched } from '../../../src/engine/dbos/dispatched-worker.ts';
import type { Surroundings } from '../../../src/engine/interpreter/run-context.ts';
import { work } from '../../../src/engine/interpreter/worker.ts';
import { Evaluator } from '../../../src/engine/language/expressions/evaluator.ts';
import { readPlaybook } from '../../../src/engine/language/read-playbook.ts';
import { startRun } from '../../../src/engine/start-run.ts';
import { endGates } from '../../../src/pipeline/end-gates.ts';
import { proposeGate } from '../../../src/pipeline/propose-gate.ts';
import { recover } from '../../../src/pipeline/recover.ts';
import { runBehind } from '../../../src/pipeline/run-behind.ts';
import { runTool } from '../../../src/pipeline/run-tool.ts';
import { withdrawTicket } from '../../../src/pipeline/withdraw-ticket.ts';
import { openPostgresJournal } from '../../../src/store/journal/postgres/postgres-journal.ts';
import { openSqliteJournal } from '../../../src/store/journal/sqlite-journal.ts';
import { eventually } from '../../support/eventually.ts';
import { startVigie, type TestVigie } from '../../support/start-vigie.ts';

/** A Vigie on a sandbox, with a journal beside its store and workers that end with the test. */
export interface TestRuns {
  test: TestVigie;
  journal: Journal;
  around: Surroundings;
  /** Every call of a tool that a run made. */
  calls: { tool: string; input: JsonObject; run: string }[];
  /** Playbooks that others call, by their names. */
  others: Map<string, string>;
  /** Moves the clock of the journal and of its workers, and nobody else's. */
  passTime(ms: number): void;
  said: string[];
  start(text: string, inputs?: JsonObject): Promise<string>;
  /** Goes on with all that can be gone on with. */
  startWorker(around?: Surroundings): { stop(): Promise<void> };
  /** Until it has one of these statuses. */
  until(id: string, ...statuses: RunView['status'][]): Promise<RunView>;
}

/** What every playbook of a test begins with. */
const head = `apiVersion: vigie/v1
kind: Playbook
metadata: {name: trial, title: A trial}
`;

/** A process has one DBOS: of several workers in a test the first is dispatched to, and the others claim by themselves. */
let dispatching = false;

async function dispatched(job: Parameters<typeof workDispatched>[0]): Promise<void> {
  dispatching = true;
  try {
    await workDispatched(job);
  } finally {
    dispatching = false;
  }
}

export async function startRuns(setup: Parameters<typeof startVigie>[0] = {}): Promise<TestRuns> {
  const test = await startVigie(setup);
  onTestFinished(() => test.stop());
  let aheadMs = 0;
  const now = () => Date.now() + aheadMs;
  // Where those that settle a ticket tell its run.
  await test.vigie.keys();
  const place = await test.vigie.storePlace();
  const url = 'postgres' in place ? place.postgres : undefined;
  const shared = url === undefined ? undefined : await openPostgresJournal({ url, clock: now });
  const journal = shared ?? (await openSqliteJournal({ file: join(test.vigie.place.home, 'runs.db'), now }));
  onTestFinished(() => journal.close());
  const evaluator = new Evaluator();
  onTestFinished(() => evaluator.close());
  const calls: TestRuns['calls'] = [];
  const said: string[] = [];
  const others = new Map<string, string>();
  const around: Surroundings = {
    journal,
    tools: new Map(test.vigie.tools.map(tool => [tool.name, tool])),
    call: ({ run, tool, input, changeId, gate, signal }) => {
      calls.push({ tool, input, run: run.id });
      return runTool(test.vigie, {
        tool,
        input,
        signal,
        actor: { kind: 'playbook', name: run.name, via: 'engine', onBehalfOf: 'carol', run: run.id },
        budgetBytes: 40_000,
        ...(changeId === undefined ? {} : { changeId }),
        ...(gate === undefined ? {} : { gate }),
      });
    },
    now,
    withdraw: (id, run) => withdrawTicket(test.vigie, { id, run }),
    gates: {
      propose: ({ run, ...question }) =>
        proposeGate(test.vigie, {
          ...question,
          actor: { kind: 'playbook', name: run.name, via: 'engine', onBehalfOf: 'carol', run: run.id },
          budgetBytes: 40_000,
        }),
      end: of => endGates(test.vigie, of),
    },
    runBehind: change => runBehind(test.vigie, change),
    recover: async signal => void (await recover(test.vigie, signal)),
    newChangeId: newId,
    definitionOf: async name => {
      const read = await readPlaybook(others.get(name) ?? '');
      if (read.playbook === undefined) throw new VigieError('PLAYBOOK', `${name} has mistakes`);
      return { digest: read.digest, source: others.get(name) ?? '' };
    },
    said: ({ path, text }) => said.push(`${path}: ${text}`),
  };
  return {
    test,
    journal,
    around,
    calls,
    said,
    others,
    passTime: ms => {
      aheadMs += ms;
    },
    async start(text, inputs = {}) {
      const source = head + text;
      const read = await readPlaybook(source);
      if (read.playbook === undefined) throw new Error(JSON.stringify(read.mistakes));
      const { playbook, digest } = read;
      const id = newId();
      await startRun(
        { journal, evaluator, mayStart: async () => undefined },
        {
          id,
          playbook,
          digest,
          source,
          inputs,
          environment: 'test',
          startedBy: { kind: 'person', name: 'carol' },
        },
      );
      return id;
    },
    startWorker(own = around) {
      const stop = new AbortController();
      const job = {
        name: newId(),
        around: own,
        most: 4,
        signal: stop.signal,
        failed: (run: string, error: unknown) => said.push(`FAILED ${run}: ${String(error)}`),
      };
      const worked =
        url === undefined || shared === undefined || dispatching
          ? work(job)
          : dispatched({ ...job, url, journal: shared });
      const end = async (): Promise<void> => {
        stop.abort();
        await worked;
      };
      onTestFinished(end);
      return { stop: end };
    },
    until: (id, ...statuses) =>
      eventually(async () => {
        const view = await journal.get(id);
        if (view === undefined || !statuses.includes(view.status))
          throw new Error(`${id} is ${view?.status}: ${JSON.stringify(view?.output)} ${said.join(' | ')}`);
        return view;
      }),
  };
}

/** The ticket that a waiting run waits for at that path. */
export function ticketOf({ waits }: Pick<RunView, 'waits'>, path: string): string {
  const found = waits.find(wait => wait.path === path && wait.kind === 'message');
  if (found?.kind !== 'message') throw new Error(`nothing at ${path} waits for a person`);
  return found.key.replace('ticket:', '');
}

/** A step that scales a Deployment of the shop. */
export function scaling(name: string, replicas: number | string): string {
  return `tool: k8s_scale, with: {target: {kind: Deployment, name: ${name}, namespace: shop}, replicas: ${replicas}}`;
}

export async function replicasOf({ test }: TestRuns, name: string): Promise<number> {
  const { text } = await test.call('k8s_get', { target: { kind: 'Deployment', name, namespace: 'shop' } });
  return Number(/^  replicas: (\d+)$/m.exec(text)?.[1]);
}

/** The state of a change or ticket as the store has it. */
export async function stateOf({ test }: TestRuns, id: string): Promise<string> {
  return (await (await test.vigie.store()).changes.get(id)).state;
}
