import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import { containersIn, statusNamed } from '../../kubernetes/pod-containers.ts';
import { type LogLine, logLines } from '../logs.ts';
import { badRequest } from '../status.ts';
import type { Exchange } from './exchange.ts';
import { wholeNumber } from './list.ts';
import { fetchPod, type ObjectTarget } from './object-target.ts';
import { isTrue } from './watch.ts';

/** How often a followed log is looked at while somebody follows it; its text is computed, nobody writes it. */
const followEveryMs = 500;

/** GET of pods/x/log: what a container wrote, cut as asked, and, followed, what it goes on writing. */
export async function answerLog(exchange: Exchange, target: ObjectTarget): Promise<void> {
  const { cluster, query, response } = exchange;
  const options = optionsOf(query);
  const pod = fetchPod(exchange, target);
  const container = chooseContainer(pod, query.get('container') ?? '');
  if (pod.spec.nodeName === undefined) {
    response.writeHead(204).end();
    return;
  }
  requireStarted(pod, { container, previous: options.previous });
  const read = (current: Pod): LogLine[] =>
    logLines({
      pod: current,
      container,
      world: cluster.world,
      nowMs: cluster.clock.now(),
      previous: options.previous,
    });
  const lines = tail(since(read(pod), { sinceMs: options.sinceMs(cluster.clock.now()) }), options.tailLines);
  let budget = options.limitBytes;

  response.writeHead(200, { 'content-type': 'text/plain' });
  const more = send(lines);
  if (!options.follow || !more) {
    response.end();
    return;
  }
  response.flushHeaders();
  await follow(lines.at(-1)?.timeMs ?? cluster.clock.now());

  /** False when the limit of bytes is reached. */
  function send(some: readonly LogLine[]): boolean {
    for (const { timeMs, line } of some) {
      const text = Buffer.from(
        options.timestamps ? `${new Date(timeMs).toISOString()} ${line}\n` : `${line}\n`,
      );
      response.write(text.subarray(0, budget));
      budget -= text.length;
      if (budget <= 0) return false;
    }
    return true;
  }

  function follow(from: number): Promise<void> {
    let last = from;
    return new Promise(resolve => {
      const timer = setInterval(() => {
        const current = cluster.state.get('/pods', `${target.namespace}/${target.name}`);
        const alive =
          current !== undefined && isKind(current, 'Pod') && current.metadata.uid === pod.metadata.uid;
        const fresh = alive ? read(current).filter(each => each.timeMs > last) : [];
        last = fresh.at(-1)?.timeMs ?? last;
        if (alive && send(fresh)) return;
        response.end();
        finish();
      }, followEveryMs);
      response.on('close', finish);
      function finish(): void {
        clearInterval(timer);
        resolve();
      }
    });
  }
}

interface LogOptions {
  previous: boolean;
  follow: boolean;
  timestamps: boolean;
  tailLines: number | undefined;
  limitBytes: number;
  sinceMs(nowMs: number): number;
}

function optionsOf(query: URLSearchParams): LogOptions {
  const tailLines = query.get('tailLines');
  const limitBytes = query.get('limitBytes');
  const sinceSeconds = query.get('sinceSeconds');
  const sinceTime = query.get('sinceTime');
  if (sinceTime !== null && Number.isNaN(Date.parse(sinceTime))) {
    throw badRequest(`sinceTime must be a time such as 2026-01-31T12:00:00Z, not "${sinceTime}"`);
  }
  if (sinceSeconds !== null && sinceTime !== null) {
    throw badRequest('at most one of sinceTime or sinceSeconds may be specified');
  }
  return {
    previous: isTrue(query.get('previous')),
    follow: isTrue(query.get('follow')),
    timestamps: isTrue(query.get('timestamps')),
    tailLines: tailLines === null ? undefined : wholeNumber(tailLines, 'tailLines'),
    limitBytes: limitBytes === null ? Number.POSITIVE_INFINITY : wholeNumber(limitBytes, 'limitBytes'),
    sinceMs: nowMs => {
      if (sinceSeconds !== null) return nowMs - wholeNumber(sinceSeconds, 'sinceSeconds') * 1_000;
      return sinceTime === null ? 0 : Date.parse(sinceTime);
    },
  };
}

function since(lines: readonly LogLine[], { sinceMs }: { sinceMs: number }): LogLine[] {
  return lines.filter(each => each.timeMs >= sinceMs);
}

function tail(lines: LogLine[], count: number | undefined): LogLine[] {
  if (count === undefined) return lines;
  return count === 0 ? [] : lines.slice(-count);
}

/** The container that is asked for, or the only one. BadRequest: there is none of that name, or there are several. */
export function chooseContainer(pod: Pod, asked: string): string {
  const names = containersIn(pod).map(each => each.name);
  const { name } = pod.metadata;
  if (asked !== '') {
    if (!names.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${name}`);
    return asked;
  }
  const [only] = pod.spec.containers;
  if (only !== undefined && names.length === 1) return only.name;
  const list = (containers: readonly { name: string }[]): string =>
    `[${containers.map(each => each.name).join(' ')}]`;
  const init =
    pod.spec.initContainers === undefined
      ? ''
      : ` or one of the init containers: ${list(pod.spec.initContainers)}`;
  throw badRequest(
    `a container name must be specified for pod ${name}, choose one of: ${list(pod.spec.containers)}${init}`,
  );
}

/** A container that waits for its image has written nothing yet, and one that never restarted has no former self. */
function requireStarted(pod: Pod, { container, previous }: { container: string; previous: boolean }): void {
  const status = statusNamed(pod, container);
  const { name } = pod.metadata;
  if (previous) {
    if (status?.lastState?.terminated !== undefined) return;
    throw badRequest(`previous terminated container "${container}" in pod "${name}" not found`);
  }
  const waiting = status?.state?.waiting;
  if (waiting === undefined || status?.lastState?.terminated !== undefined) return;
  const { reason: why = 'ContainerCreating' } = waiting;
  const state =
    why === 'ErrImagePull' || why === 'ImagePullBackOff' ? 'trying and failing to pull image' : why;
  throw badRequest(`container "${container}" in pod "${name}" is waiting to start: ${state}`);
}
