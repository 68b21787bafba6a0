import { VigieError } from '../../core/errors.ts';
import { inParallel } from '../../core/in-parallel.ts';
import { inTurn } from '../../core/in-turn.ts';
import type { ContainerStatus, Pod } from '../../kubernetes/kinds/pod.ts';
import { controllerUid } from '../../kubernetes/owners.ts';
import { type Look, notAllowed, noteUnread, requestsAtOnce } from './look.ts';

// What a program says when it ends stands at its end; a stack trace is shorter.
const tailLines = 50;
const logBytes = 16 * 1024;
// Replicas of one template say the same; two, since one of them may have ended for a reason of its own.
const podsPerOwner = 2;
// Each is a stream of its own on a kubelet; a cluster with more broken workloads is read again when these are mended.
const mostLogs = 150;

/** The last lines of a container, and of which run of which pod they are. */
interface Lines {
  lines: readonly string[];
  previous: boolean;
  run: string;
}

export type KeptLogs = ReadonlyMap<string, Lines>;

interface Source {
  pod: Pod;
  container: string;
  /** Of its last run, where there was one: that is what ended. */
  previous: boolean;
  run: string;
}

/**
 * The last lines of containers that ended or do not become ready, by `namespace/pod/container`. `before`: as they were read
 * at an earlier look; what a run said before it ended stays as it is.
 */
export async function readLogs(
  look: Look,
  { pods, before }: { pods: readonly Pod[]; before: KeptLogs },
): Promise<KeptLogs> {
  // Shared: a namespace with hundreds of broken pods does not use up the logs of the others.
  const sources = inTurn(sourcesOf(pods), ({ pod }) => pod.metadata.namespace ?? '');
  if (sources.length > mostLogs)
    noteUnread(look, {
      kind: 'log',
      why: `${sources.length - mostLogs} more than the ${mostLogs} that are read`,
    });
  const logs = new Map<string, Lines>();
  let refused = false;
  await inParallel(sources.slice(0, mostLogs), {
    atOnce: requestsAtOnce,
    task: async source => {
      if (refused) return;
      const known = before.get(keyOf(source));
      if (known?.previous === true && known.run === source.run) {
        logs.set(keyOf(source), known);
        return;
      }
      try {
        const lines = await readLog(look, source);
        if (lines !== undefined) logs.set(keyOf(source), lines);
      } catch (error) {
        // A kubelet that does not answer, or a container that never ran: what it would say is no part of the verdict.
        if (!(error instanceof VigieError) || error.code === 'CANCELLED') throw error;
        if (error.code === 'FORBIDDEN' && !refused) {
          refused = true;
          noteUnread(look, { kind: 'log', why: notAllowed });
        }
      }
    },
  });
  return logs;
}

async function readLog(look: Look, source: Source): Promise<Lines | undefined> {
  const before = source.previous ? await linesOf(look, source) : [];
  if (before.length > 0) return { lines: before, previous: true, run: source.run };
  const now = await linesOf(look, { ...source, previous: false });
  return now.length > 0 ? { lines: now, previous: false, run: source.run } : undefined;
}

async function linesOf(look: Look, { pod, container, previous }: Source): Promise<string[]> {
  const mask = look.masking();
  const lines: string[] = [];
  const { namespace = '', name } = pod.metadata;
  const place = { namespace, pod: name, container };
  try {
    for await (const line of look.kube.log({
      ...place,
      tailLines,
      limitBytes: logBytes,
      ...(previous ? { previous } : {}),
    }))
      lines.push(mask(line));
  } catch (error) {
    // The log of the run before is often gone with its container; that of this one is there.
    const gone =
      error instanceof VigieError && (error.code === 'INVALID_INPUT' || error.code === 'NOT_FOUND');
    if (!previous || !gone) throw error;
  }
  return lines.slice(-tailLines);
}

function sourcesOf(pods: readonly Pod[]): Source[] {
  const taken = new Map<string, number>();
  return pods.flatMap(pod => {
    const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
    return [...initContainerStatuses, ...containerStatuses].flatMap(status => {
      const previous = endedBefore(status);
      if (!previous && !saysSomething(status)) return [];
      // A uid that a pod of another namespace copied takes no turn from those whose it is.
      const owner = `${pod.metadata.namespace ?? ''}/${controllerUid(pod) ?? pod.metadata.uid ?? pod.metadata.name}/${status.name}`;
      const count = taken.get(owner) ?? 0;
      taken.set(owner, count + 1);
      return count < podsPerOwner
        ? [{ pod, container: status.name, previous, run: `${pod.metadata.uid ?? ''}/${status.restartCount}` }]
        : [];
    });
  });
}

function endedBefore({ lastState, state }: ContainerStatus): boolean {
  return lastState?.terminated !== undefined && state?.terminated === undefined;
}

/** It ended badly just now, or runs without being ready. */
function saysSomething({ state, ready }: ContainerStatus): boolean {
  if (state?.terminated !== undefined) return state.terminated.exitCode !== 0;
  return state?.running !== undefined && !ready;
}

function keyOf({ pod, container }: Source): string {
  return `${pod.metadata.namespace ?? ''}/${pod.metadata.name}/${container}`;
}
