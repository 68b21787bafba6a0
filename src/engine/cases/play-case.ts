import { VigieError } from '../../core/errors.ts';
import type { Sandbox } from '../../sandbox/server.ts';
import { milliseconds } from '../interpreter/retry.ts';
import type { Play, PlayOrder } from '../play-order.ts';
import type { PlaybookCase } from './case-schema.ts';
import { type Ask, codesFound } from './codes-found.ts';
import { contentsOf } from './contents.ts';
import { judge } from './judge.ts';
import { worldOfCase } from './world-of-case.ts';
import { type FaultNamed, writeToCluster } from './write-to-cluster.ts';

/** What a case came to. */
export interface CaseOutcome {
  name: string;
  ok: boolean;
  /** What was not as expected; empty where all was. */
  problems: string[];
  /** By the clock of the simulated cluster. Absent: it was not played. */
  tookMs?: number;
}

/** What the cluster's own patience makes of a fault: a probe that fails for minutes is one only then. */
const untilSeenMs = [0, 3_000, 60_000, 60_000, 120_000, 300_000, 600_000];

/** Plays one case of a playbook: breaks the world, runs it, and looks at what it came to. @throws VigieError CANCELLED */
export async function playCase(
  each: PlaybookCase,
  stage: Pick<PlayOrder, 'playbook' | 'digest' | 'source' | 'definitionOf' | 'signal'> & {
    play: Play;
    faultNamed: FaultNamed;
  },
): Promise<CaseOutcome> {
  const { name } = each;
  const { play, faultNamed, ...order } = stage;
  let before: ReadonlyMap<string, string> = new Map();
  try {
    return await play(
      {
        ...order,
        world: await worldOfCase(each),
        inputs: each.inputs,
        approvals: each.approvals,
        before: async (sandbox, call) => {
          await breakWorld(each, { sandbox, faultNamed });
          await untilSeen(each, { sandbox, call });
          before = contentsOf(sandbox);
        },
        meanwhile: each.meanwhile.map(({ after, ...write }) => ({
          afterMs: milliseconds(after),
          happens: sandbox => writeToCluster(sandbox, { write, faultNamed }),
        })),
      },
      async played => {
        const problems = await judge(each.expect, { played, playbook: stage.playbook, before });
        return { name, ok: problems.length === 0, problems, tookMs: played.tookMs };
      },
    );
  } catch (error) {
    if (!(error instanceof VigieError) || error.code === 'CANCELLED') throw error;
    const issues = error.details['issues'];
    const more = Array.isArray(issues) ? issues.map(String) : [];
    return { name, ok: false, problems: [error.message, ...more.slice(1)] };
  }
}

async function breakWorld(
  { fault = [] }: PlaybookCase,
  { sandbox, faultNamed }: { sandbox: Sandbox; faultNamed: FaultNamed },
): Promise<void> {
  const writes = typeof fault === 'string' ? [{ fault }] : fault;
  for (const write of writes) await writeToCluster(sandbox, { write, faultNamed });
  await sandbox.settled();
}

/** A playbook that heals what was never broken would prove nothing. @throws VigieError SANDBOX */
async function untilSeen(
  { expect }: PlaybookCase,
  { sandbox, call }: { sandbox: Sandbox; call: Ask },
): Promise<void> {
  const wanted = [...expect.healed, ...expect.remains];
  if (wanted.length === 0) return;
  let found = new Set<string>();
  for (const ms of untilSeenMs) {
    await sandbox.advance(ms);
    found = await codesFound(call);
    if (wanted.every(code => found.has(code))) return;
  }
  const missing = wanted.filter(code => !found.has(code));
  const others = found.size === 0 ? 'nothing' : [...found].join(', ');
  throw new VigieError(
    'SANDBOX',
    `Before the run k8s_diagnose finds no ${missing.join(', ')} (it finds ${others}): the fault does not bring it.`,
  );
}
