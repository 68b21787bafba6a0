import type { Container, ContainerStatus, Pod, StateTerminated } from '../kubernetes/kinds/pod.ts';
import { containerNamed, statusNamed } from '../kubernetes/pod-containers.ts';
import { hostOf, startSteps, stepEveryMs } from './controllers/container-program.ts';
import { fnv1a } from './controllers/naming.ts';
import { type Draws, fatalLine, scriptNamed, writeLine } from './log-scripts.ts';
import { behaviourOf, type ImageBehaviour, type World } from './world.ts';

export interface LogLine {
  timeMs: number;
  line: string;
}

/** As many lines as a container's log keeps; a kubelet rotates by size in the same way. */
const keptLines = 5_000;
/** Between the first lines of a start. */
const startStepMs = 120;

/**
 * What a container has written since it started, oldest first; previous: what the instance before its last restart
 * wrote. Every line follows from pod, container and time alone, so that asking again later only adds lines.
 * Empty for a container that has not started, or that has no previous instance.
 */
export function logLines(input: {
  pod: Pod;
  container: string;
  world: World;
  nowMs: number;
  previous: boolean;
}): LogLine[] {
  const { pod, container, world, nowMs, previous } = input;
  const status = statusNamed(pod, container);
  const life = status === undefined ? undefined : instanceOf(status, { previous, nowMs });
  if (status === undefined || life === undefined) return [];

  const spec = containerNamed(pod, container) ?? { name: container };
  const image = spec.image ?? status.image ?? '';
  const behaviour = behaviourOf(world, image);
  const script = scriptNamed(behaviour.log);
  const fatal = life.failed ? wantOf(behaviour, { life, pod, container: spec }) : undefined;
  const start = fatal === undefined ? script.start : script.start.slice(0, 1);
  const seed = fnv1a(`${pod.metadata.uid}/${container}/${life.number}`);

  const lines = start.map((line, index) => ({ timeMs: life.startMs + index * startStepMs, line }));
  const firstMs = life.startMs + start.length * startStepMs;
  const slots = Math.max(0, Math.floor((life.endMs - firstMs) / script.everyMs));
  for (let slot = Math.max(0, slots - keptLines); slot < slots; slot++) {
    const draws = drawsFrom(seed ^ Math.imul(slot + 1, 0x9e3779b1));
    const timeMs = firstMs + slot * script.everyMs + draws.number(script.everyMs);
    lines.push({ timeMs, line: writeLine(script, { draws, timeMs }) });
  }
  const words = fatal === undefined ? script.failure : [fatalLine(script, fatal)];
  if (life.failed) lines.push(...words.map(line => ({ timeMs: life.endMs, line })));
  return lines.filter(({ timeMs }) => timeMs <= life.endMs).slice(-keptLines);
}

/**
 * What an instance lacked that ended while it started. A program takes its steps one after the other, so that how long it ran
 * tells at which it stopped: whatever has been mended since, its log says why it died.
 */
function wantOf(
  behaviour: ImageBehaviour,
  { life, pod, container }: { life: Instance; pod: Pod; container: Container },
): string | undefined {
  const step = startSteps(behaviour)[Math.round((life.endMs - life.startMs) / stepEveryMs) - 1];
  if (step === undefined) return undefined;
  const { does, need } = step;
  if (does === 'read') return `the environment variable ${need} is not set`;
  const peer = need.startsWith('$') ? `the host in ${need.slice(1)}` : need;
  if (does === 'connect') return `cannot reach ${peer}`;
  const host = hostOf(need, { pod, container });
  return host === undefined
    ? `cannot look up ${peer}: no such host`
    : `dial tcp: lookup ${host}: no such host`;
}

interface Instance {
  /** How many instances of the container were before it. */
  number: number;
  startMs: number;
  endMs: number;
  failed: boolean;
}

function instanceOf(
  status: ContainerStatus,
  { previous, nowMs }: { previous: boolean; nowMs: number },
): Instance | undefined {
  const { state, lastState, restartCount } = status;
  const crashed = state?.waiting === undefined ? undefined : lastState?.terminated;
  // A container that waits for its next start still shows the log of the instance that ended.
  const ended = previous ? lastState?.terminated : (state?.terminated ?? crashed);
  // The one before a restart has the number before; one that waits for it has not been counted yet.
  if (ended !== undefined)
    return endedInstance(ended, state?.running === undefined ? restartCount : restartCount - 1);
  if (previous || state?.running === undefined) return undefined;
  return {
    number: restartCount,
    startMs: Date.parse(state.running.startedAt ?? ''),
    endMs: nowMs,
    failed: false,
  };
}

/** Exit codes from here on are signals: who is killed by one has no last words. */
const firstSignalCode = 128;

function endedInstance(end: StateTerminated, number: number): Instance | undefined {
  if (end.reason === 'StartError') return undefined;
  const failed = end.exitCode !== 0 && end.exitCode < firstSignalCode;
  return {
    number,
    startMs: Date.parse(end.startedAt ?? ''),
    endMs: Date.parse(end.finishedAt ?? ''),
    failed,
  };
}

/** Draws from a seed by mulberry32: small, fast, and good enough to look like chance. */
function drawsFrom(seed: number): Draws {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { number: below => Math.floor(next() * below) };
}
