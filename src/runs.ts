import { join } from 'node:path';
import type { RunsDoor, RunsSetup } from './cli/program.ts';
import { newId } from './core/ids.ts';
import type { Journal } from './core/journal.ts';
import { textOf } from './core/json.ts';
import type { CallTool, Surroundings } from './engine/interpreter/run-context.ts';
import type { Starting } from './engine/start-run.ts';
import { endGates } from './pipeline/end-gates.ts';
import { proposeGate } from './pipeline/propose-gate.ts';
import { recover } from './pipeline/recover.ts';
import { runBehind } from './pipeline/run-behind.ts';
import { runTool } from './pipeline/run-tool.ts';
import type { Vigie } from './pipeline/vigie.ts';
import { withdrawTicket } from './pipeline/withdraw-ticket.ts';
import { narrowVigie } from './server/narrow-vigie.ts';
import type { StorePlace } from './store/database.ts';
import type { SharedJournal } from './store/journal/postgres/postgres-journal.ts';

/** Of one answer of a tool: with what is around it, it still fits into an expression (language/caps.ts). */
const answerBytes = 48 * 1024;

/** To ask a cluster who it is, before a run that nobody watches is started in it. */
const proofMs = 30_000;

/**
 * The journal beside the store: in its database, or in a file of its own, so that ten thousand steps a second make no
 * approval wait.
 * @throws VigieError STORE, SECRET
 */
export async function openJournal(vigie: Vigie): Promise<Journal> {
  const place = await ownPlace(vigie);
  return 'postgres' in place ? openSharedJournal(place.postgres) : openOwnJournal(vigie);
}

/**
 * Where the runs are, for whoever may open the store beside them: with another key every step would fail, and whoever took a
 * run or a moment of a schedule would lose it.
 */
async function ownPlace(vigie: Vigie): Promise<StorePlace> {
  await vigie.store();
  return vigie.storePlace();
}

async function openSharedJournal(url: string): Promise<SharedJournal> {
  const { openPostgresJournal } = await import('./store/journal/postgres/postgres-journal.ts');
  return openPostgresJournal({ url });
}

async function openOwnJournal(vigie: Vigie): Promise<Journal> {
  const { openSqliteJournal } = await import('./store/journal/sqlite-journal.ts');
  return openSqliteJournal({
    file: join(vigie.place.home, 'runs.db'),
    now: () => vigie.now().getTime(),
  });
}

/** What going on with runs needs of a Vigie of this process: every step enters where every call enters. */
export function surroundingsOf(
  vigie: Vigie,
  parts: Pick<Surroundings, 'journal' | 'definitionOf' | 'said'>,
): Surroundings {
  const actorOf = (run: Parameters<CallTool>[0]['run']) =>
    ({
      kind: 'playbook',
      name: run.name,
      via: textOf(run.startedBy, 'kind') === 'trigger' ? 'trigger' : 'engine',
      // Who started it asked for all that it asks for: where four eyes are on, they approve none of it.
      onBehalfOf: textOf(run.startedBy, 'name'),
      run: run.id,
    }) as const;
  const call: CallTool = ({ run, tool, input, changeId, gate, signal }) =>
    // What a step reads of changes and environments is that of its run's own: whoever may see the run sees its answers.
    runTool(narrowVigie(vigie, { environments: [run.environment] }), {
      tool,
      input,
      signal,
      actor: actorOf(run),
      budgetBytes: answerBytes,
      ...(changeId === undefined ? {} : { changeId }),
      ...(gate === undefined ? {} : { gate }),
    });
  return {
    ...parts,
    tools: new Map(vigie.tools.map(tool => [tool.name, tool])),
    call,
    withdraw: (id, run) => withdrawTicket(vigie, { id, run }),
    gates: {
      propose: ({ run, ...question }) =>
        proposeGate(vigie, { ...question, actor: actorOf(run), budgetBytes: answerBytes }),
      end: of => endGates(vigie, of),
    },
    runBehind: change => runBehind(vigie, change),
    recover: async signalled => void (await recover(vigie, signalled)),
    now: () => parts.journal.now(),
    newChangeId: newId,
  };
}

/** Runs of playbooks over a Vigie of this process. @throws VigieError STORE, SECRET */
export async function openRuns(vigie: Vigie, { definitionOf }: RunsSetup): Promise<RunsDoor> {
  const [{ Evaluator }, { startRun }, { work }, { refuseUnrehearsed }] = await Promise.all([
    import('./engine/language/expressions/evaluator.ts'),
    import('./engine/start-run.ts'),
    import('./engine/interpreter/worker.ts'),
    import('./engine/rehearsal/refuse-unrehearsed.ts'),
  ]);
  const place = await ownPlace(vigie);
  const url = 'postgres' in place ? place.postgres : undefined;
  const shared = url === undefined ? undefined : await openSharedJournal(url);
  const journal = shared ?? (await openOwnJournal(vigie));
  const evaluator = new Evaluator();
  const starting: Starting = {
    journal,
    evaluator,
    mayStart: order =>
      refuseUnrehearsed(vigie, { order, definitionOf, signal: AbortSignal.timeout(proofMs) }),
  };
  return {
    journal,
    starting,
    start: order => startRun(starting, order),
    work: async ({ most, only, signal, said, failed }) => {
      const around = surroundingsOf(vigie, { journal, definitionOf, said });
      const job = { name: `${process.pid}-${newId()}`, around, most, signal, failed };
      if (only !== undefined) return work({ ...job, only });
      if (url === undefined || shared === undefined) return work(job);
      const { workDispatched } = await import('./engine/dbos/dispatched-worker.ts');
      return workDispatched({ ...job, url, journal: shared });
    },
    close: async () => {
      await evaluator.close();
      await journal.close();
    },
  };
}
