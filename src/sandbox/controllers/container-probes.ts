import { type Json, type JsonObject, memberOf, plainText, textOf } from '../../core/json.ts';
import type { Container, ContainerStatus } from '../../kubernetes/kinds/pod.ts';
import { behaviourOf } from '../world.ts';
import { arePeersReady } from './container-program.ts';
import {
  type ContainerMemory,
  type Frame,
  memoryOfContainer,
  nextTellableMs,
  type ProbeMemory,
  type ProbeName,
  warn,
} from './kubelet.ts';

/** What probes make of a container that runs; `failed` is the one for which it has to be restarted. */
export interface ProbeVerdict {
  started: boolean;
  ready: boolean;
  failed?: 'startup' | 'liveness';
}

interface Probed {
  container: Container;
  status: ContainerStatus;
  startedMs: number;
}

/** Asks the probes of a running container that are due, and says when they are due next. */
export function probeContainer(frame: Frame, probed: Probed): ProbeVerdict {
  const { container, status } = probed;
  const memory = memoryOfContainer(frame, container);
  const startup = ask(frame, { ...probed, memory, name: 'startup', probe: container.startupProbe });
  if (startup.exhausted) return { started: false, ready: false, failed: 'startup' };
  if (!startup.passing) return { started: false, ready: false };
  const liveness = ask(frame, { ...probed, memory, name: 'liveness', probe: container.livenessProbe });
  if (liveness.exhausted) return { started: status.started === true, ready: false, failed: 'liveness' };
  const readiness = ask(frame, { ...probed, memory, name: 'readiness', probe: container.readinessProbe });
  return { started: true, ready: readiness.passing };
}

type Asked = Probed & { memory: ContainerMemory; name: ProbeName; probe: JsonObject | undefined };

/** passing: what counts at this moment. exhausted: the probe has failed as often as it may. */
function ask(frame: Frame, asked: Asked): { passing: boolean; exhausted: boolean } {
  const { memory, name, probe, startedMs } = asked;
  if (probe === undefined) return { passing: true, exhausted: false };
  const known = memory.probes[name] ?? firstOf(frame, { ...asked, probe });
  memory.probes[name] = known;
  const failureThreshold = numberOf(probe, 'failureThreshold', 3);
  const settled = name === 'startup' && known.passing;
  const due = known.nextMs <= frame.nowMs && !settled;
  if (due) {
    known.nextMs = frame.nowMs + numberOf(probe, 'periodSeconds', 10) * 1_000;
    const answer = answerOf(frame, { ...asked, probe });
    if (answer.how === 'well') {
      known.failures = 0;
      known.successes += 1;
      if (known.successes >= numberOf(probe, 'successThreshold', 1)) known.passing = true;
    } else {
      const what = answer.how === 'failed' ? 'failed' : 'errored and resulted in unknown state';
      const label = `${name[0]?.toUpperCase()}${name.slice(1)}`;
      const message = `${label} probe ${what}: ${answer.text}`;
      warn(frame, { reason: 'Unhealthy', message, container: asked.container });
    }
    if (answer.how === 'failed') {
      known.successes = 0;
      known.failures += 1;
      if (known.failures >= failureThreshold) known.passing = false;
    }
  }
  const exhausted = known.failures >= failureThreshold && name !== 'readiness';
  const done = settled || (known.passing && known.failures === 0 && known.successes > 0);
  if (!done && !exhausted) {
    // A failure that changes nothing any more is looked at as often as it may be told, unless something has changed since
    // it was last looked at; starting has its own pace.
    const starting =
      frame.nowMs < startedMs + behaviourOfContainer(frame, asked.container).startSeconds * 1_000;
    const counts = !due || known.failures < failureThreshold || starting || known.successes > 0;
    frame.moments.push(counts ? known.nextMs : nextTellableMs(frame, known.nextMs));
  }
  return { passing: known.passing, exhausted };
}

/** A probe of a container that ran before this kubelet knew it goes on from what its status says. */
function firstOf(
  frame: Frame,
  { name, probe, status, startedMs, memory }: Asked & { probe: JsonObject },
): ProbeMemory {
  const startup = memory.probes.startup;
  // The others begin when the startup probe has passed.
  const fromMs = startup === undefined || name === 'startup' ? startedMs : frame.nowMs;
  const fresh = status.imageID !== undefined && status.ready;
  const passing = name === 'liveness' || (name === 'startup' ? status.started === true : fresh);
  const nextMs = Math.max(fromMs, startedMs + numberOf(probe, 'initialDelaySeconds', 0) * 1_000);
  return { nextMs, failures: 0, successes: 0, passing };
}

function behaviourOfContainer({ view }: Frame, { image = '' }: Container) {
  return behaviourOf(view.world, image);
}

/** errored: the kubelet could not ask, which counts for nothing. */
type Answer = { how: 'well' } | { how: 'failed' | 'errored'; text: string };

function answerOf(
  frame: Frame,
  { container, probe, startedMs }: { container: Container; probe: JsonObject; startedMs: number },
): Answer {
  const behaviour = behaviourOfContainer(frame, container);
  const up = frame.nowMs >= startedMs + behaviour.startSeconds * 1_000;
  const healthy = (): boolean => arePeersReady(frame.view, { pod: frame.pod, container });
  const exec = memberOf(probe, 'exec');
  if (exec !== undefined) {
    const [program = ''] = Array.isArray(exec['command']) ? exec['command'].map(plainText) : [];
    if (behaviour.commands?.includes(program) === false)
      return { how: 'errored', text: noSuchProgram(program) };
    return up && healthy() ? { how: 'well' } : { how: 'failed', text: '' };
  }
  const http = memberOf(probe, 'httpGet');
  const way = http ?? memberOf(probe, 'tcpSocket') ?? memberOf(probe, 'grpc') ?? {};
  const port = portNumber(container, way['port']);
  if (port === undefined) {
    const text = `strconv.Atoi: parsing ${JSON.stringify(way['port'])}: invalid syntax`;
    return { how: 'errored', text };
  }
  const address = `${textOf(way, 'host') || frame.podIP()}:${port}`;
  const listens = up && behaviour.ports?.includes(port) !== false;
  const refused = `dial tcp ${address}: connect: connection refused`;
  if (http !== undefined) {
    const path = `/${textOf(http, 'path').replace(/^\//, '')}`;
    const url = `${(textOf(http, 'scheme') || 'HTTP').toLowerCase()}://${address}${path}`;
    if (!listens) return { how: 'failed', text: `Get "${url}": ${refused}` };
    const wrong = behaviour.healthPath !== undefined && behaviour.healthPath !== path.replace(/\?.*$/, '');
    const code = wrong ? 404 : healthy() ? 200 : 503;
    return code === 200
      ? { how: 'well' }
      : { how: 'failed', text: `HTTP probe failed with statuscode: ${code}` };
  }
  if (memberOf(probe, 'grpc') === undefined)
    return listens ? { how: 'well' } : { how: 'failed', text: refused };
  if (!listens) {
    const text = `timeout: failed to connect service "${address}" within ${numberOf(probe, 'timeoutSeconds', 1)}s: context deadline exceeded`;
    return { how: 'failed', text };
  }
  return healthy()
    ? { how: 'well' }
    : { how: 'failed', text: 'service unhealthy (responded with "NOT_SERVING")' };
}

function noSuchProgram(program: string): string {
  return `rpc error: code = Unknown desc = failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: unable to start container process: exec: "${program}": executable file not found in $PATH`;
}

function portNumber(container: Container, port: Json | undefined): number | undefined {
  if (typeof port === 'number') return port;
  const named = container.ports?.find(each => each.name === port)?.containerPort;
  const digits = typeof port === 'string' && /^\d+$/.test(port) ? Number(port) : undefined;
  return named ?? digits;
}

function numberOf(probe: JsonObject, key: string, otherwise: number): number {
  const value = probe[key];
  return typeof value === 'number' ? value : otherwise;
}
