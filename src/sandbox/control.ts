import { type Exchange, sendJson } from './api/exchange.ts';
import { failure } from './status.ts';
import { administrator } from './user.ts';

/** What is no part of a cluster's API: the cluster as a simulation, for whoever has the sandbox's own token. */
export const controlPath = '/_sandbox';
/** One move of the clock; what is further away is reached by another. */
export const longestMoveMs = 30 * 86_400_000;

/** What a sandbox says of itself. Times are ISO 8601. */
export interface SandboxStatus {
  pid: number;
  world: string;
  serverVersion: string;
  since: string;
  /** The time of its cluster, and how far it was moved ahead. */
  now: string;
  movedMs: number;
  counts: { nodes: number; namespaces: number; pods: number; objects: number };
}

/** Answers `GET` with the status, `POST ?advanceMs=` with the same after the clock was moved. */
export async function answerControl(
  exchange: Exchange,
  sandbox: { startedMs: number; advance(ms: number): Promise<void> },
): Promise<void> {
  const { cluster, method, query, user } = exchange;
  if (user !== administrator)
    throw failure(403, { reason: 'Forbidden', message: "only the sandbox's own token may steer it" });
  if (method === 'POST') {
    const ms = Number(query.get('advanceMs') ?? Number.NaN);
    if (!Number.isInteger(ms) || ms < 1 || ms > longestMoveMs)
      throw failure(400, {
        reason: 'BadRequest',
        message: `advanceMs must be a whole number from 1 to ${longestMoveMs}`,
      });
    await sandbox.advance(ms);
  }
  const count = (storage: string): number => cluster.state.list(storage).length;
  const status: SandboxStatus = {
    pid: process.pid,
    world: cluster.world.name,
    serverVersion: cluster.world.cluster.serverVersion,
    since: new Date(sandbox.startedMs).toISOString(),
    now: new Date(cluster.clock.now()).toISOString(),
    movedMs: cluster.clock.movedMs,
    counts: {
      nodes: count('/nodes'),
      namespaces: count('/namespaces'),
      pods: count('/pods'),
      objects: cluster.state.size,
    },
  };
  await sendJson(exchange, { ...status });
}
