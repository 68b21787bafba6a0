import { parse } from 'node:path';
import { buildVigie } from '../app.ts';
import type { Surroundings } from '../connections.ts';
import { VigieError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import type { Journal } from '../core/journal.ts';
import { Evaluator } from '../engine/language/expressions/evaluator.ts';
import type { Played, PlayOrder } from '../engine/play-order.ts';
import { startRun } from '../engine/start-run.ts';
import { runTool } from '../pipeline/run-tool.ts';
import type { Vigie } from '../pipeline/vigie.ts';
import { openJournal, surroundingsOf } from '../runs.ts';
import { type Sandbox, startSandbox } from '../sandbox/server.ts';
import type { ChangeRecord } from '../store/change-reader.ts';
import { narrowToken } from './narrow-account.ts';
import { makeOwnHome } from './own-home.ts';
import { playToEnd } from './play-to-end.ts';
import { VirtualTime } from './virtual-time.ts';

/** More changes than these are no run of a playbook. */
const mostChanges = 10_000;
const pageOfChanges = 500;
const answerBytes = 512 * 1024;

interface Stage<T> extends Pick<Surroundings, 'version'> {
  use: (played: Played) => Promise<T>;
  /** Shared by plays that come one after the other; whoever lends it closes it. Absent: each has its own. */
  evaluator?: Evaluator;
}

/**
 * Plays a playbook in a simulated cluster of its own: with a Vigie, a store, a journal and a worker that nobody else sees, by
 * the cluster's clock, which moves on wherever time is all that is waited for. What policy asks a person about is answered by
 * the sandbox, and recorded as such. Its folder lies among the temporary files of the system and goes with the end.
 * @throws VigieError CANCELLED, SANDBOX, INVALID_INPUT
 */
export async function playInSandbox<T>(order: PlayOrder, stage: Stage<T>): Promise<T> {
  refuseStopped(order.signal);
  const home = await makeOwnHome();
  let sandbox: Sandbox | undefined;
  try {
    const { world, startsAtMs } = order;
    sandbox = await startSandbox({
      world,
      ...(startsAtMs === undefined ? {} : { now: clockFrom(startsAtMs) }),
    });
    return await withVigie(order, { sandbox, home: home.path, ...stage });
  } finally {
    await sandbox?.close();
    await home.remove();
  }
}

async function withVigie<T>(
  order: PlayOrder,
  stage: Stage<T> & { sandbox: Sandbox; home: string },
): Promise<T> {
  const { sandbox, home } = stage;
  const { environment, world, signal, unread = [] } = order;
  const { url } = sandbox;
  const token = unread.length === 0 ? sandbox.token : narrowToken(sandbox, unread);
  const time = new VirtualTime(sandbox);
  const vigie = await buildVigie(
    {
      door: 'cli',
      home,
      ownSandbox: { url, token, world: world.name, ...(environment === undefined ? {} : { environment }) },
    },
    {
      version: stage.version,
      // Nothing of the user's is seen, except where programs are. The temporary files may lie in the folder that this was
      // started in, from which no configuration is taken.
      env: { PATH: process.env['PATH'], VIGIE_LOG: 'error', HOME: parse(home).root },
      self: [],
      now: () => new Date(time.nowMs()),
      patience: time,
    },
  );
  try {
    const journal = await openJournal(vigie);
    try {
      const evaluator = stage.evaluator ?? new Evaluator();
      try {
        const played = await play(order, { vigie, journal, evaluator, sandbox, time });
        refuseStopped(signal);
        return await stage.use(played);
      } finally {
        if (stage.evaluator === undefined) await evaluator.close();
      }
    } finally {
      await journal.close();
    }
  } finally {
    await vigie.close();
  }
}

async function play(
  order: PlayOrder,
  parts: { vigie: Vigie; journal: Journal; evaluator: Evaluator; sandbox: Sandbox; time: VirtualTime },
): Promise<Played> {
  const { playbook, digest, source, inputs, definitionOf, said, signal } = order;
  const { vigie, journal, evaluator, sandbox, time } = parts;
  const call: Played['call'] = (tool, input) =>
    runTool(vigie, {
      tool,
      input,
      signal,
      actor: { kind: 'agent', name: 'play', via: 'engine', onBehalfOf: 'sandbox' },
      budgetBytes: answerBytes,
    });
  await order.before?.(sandbox, call);
  refuseStopped(signal);
  const id = newId();
  const began = vigie.now().getTime();
  // What is played in a sandbox of its own needs no proof.
  const starting = { journal, evaluator, mayStart: async () => undefined };
  await startRun(starting, {
    id,
    playbook,
    digest,
    source,
    inputs,
    environment: environmentNameOf(vigie),
    startedBy: order.startedBy ?? { kind: 'person', name: 'sandbox', via: 'play' },
  });
  time.schedule(order.meanwhile ?? []);
  const around = surroundingsOf(vigie, { journal, definitionOf, ...(said === undefined ? {} : { said }) });
  const { run, called, assumed } = await playToEnd(id, {
    around,
    vigie,
    evaluator,
    time,
    approvals: order.approvals ?? 'given',
    signal,
  });
  return {
    run,
    called,
    assumed,
    changes: await allChanges(vigie),
    tookMs: (run.endedAt ?? vigie.now().getTime()) - began,
    sandbox,
    call,
  };
}

/** A clock that says this moment now, and goes on by itself. */
function clockFrom(startsAtMs: number): () => number {
  const began = performance.now();
  return () => startsAtMs + Math.floor(performance.now() - began);
}

function environmentNameOf({ environments: [own] }: Vigie): string {
  if (own === undefined) throw new Error('a play has one environment');
  return own.view.name;
}

async function allChanges(vigie: Vigie): Promise<ChangeRecord[]> {
  const { changes } = await vigie.store();
  const all: ChangeRecord[] = [];
  while (all.length < mostChanges) {
    const before = all.at(-1)?.id;
    const page = await changes.list({ limit: pageOfChanges, ...(before === undefined ? {} : { before }) });
    all.push(...page);
    if (page.length < pageOfChanges) break;
  }
  return all.toReversed();
}

function refuseStopped(signal: AbortSignal): void {
  if (signal.aborted) throw new VigieError('CANCELLED', 'The play was stopped; nothing of it is left.');
}
