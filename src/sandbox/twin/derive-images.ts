import { isObject, type JsonObject, plainText } from '../../core/json.ts';
import { conditionOf } from '../../kubernetes/kinds/condition.ts';
import type { Container, ContainerStatus, Pod } from '../../kubernetes/kinds/pod.ts';
import { containerResources } from '../../kubernetes/pod-needs.ts';
import { type ImageBehaviour, unnamedImage } from '../world.ts';

/*
 * What a program needs cannot be read of a cluster; how its containers fare can. Those that are well say what their
 * image does, under its name without a tag. One that is broken for a reason of its image breaks its own tag, listed
 * before; one that is broken for a reason of its configuration needs no entry: the copied objects break it again.
 */

/** What a container uses now. */
export interface Usage {
  memoryMi: number;
  cpuMilli: number;
}

/** One container of a live pod; `used` is absent where usage is not measured. */
export interface Seen {
  pod: Pod;
  container: Container;
  status: ContainerStatus | undefined;
  used: Usage | undefined;
}

/** The images of a twin, and in `unlike` the containers that are broken in the cluster and well in the twin. */
export interface DerivedImages {
  images: ImageBehaviour[];
  missing: string[];
  unlike: { container: string; state: string }[];
}

/** Two ends this near to now are a loop: the longest wait between two tries is five minutes. */
const loopMs = 600_000;
/** A kubelet stopped it: it caught the signal or did not (128 + 15, 128 + 9). */
const stoppedCodes = new Set([137, 143]);
const mebi = 1_048_576n * 1_000_000_000n;
/** Of a limit, what a program that is well below it takes at most: it must not die of a rounding. */
const shareOfLimit = 0.9;

export function deriveImages(all: readonly Seen[], nowMs: number): DerivedImages {
  const found: DerivedImages = { images: [], missing: [], unlike: [] };
  const groups = Map.groupBy(all, ({ container }) => bareName(container.image ?? ''));
  for (const [match, group] of groups) {
    const states = group.map(seen => ({ ...seen, state: stateOf(seen, nowMs) }));
    const well = states.filter(({ state }) => state === 'well');
    const usual = usualBehaviour(match, well.length > 0 ? well : group);
    const broken = new Map<string, Told>();
    for (const seen of states) {
      const image = seen.container.image ?? '';
      if (seen.state === 'well' || seen.state === 'by configuration' || found.missing.includes(image))
        continue;
      const others = well.filter(each => each.container.image === image);
      const what = whatBreaks(seen, { state: seen.state, usual, others });
      const told = broken.get(image) ?? {};
      // Of the pods of one workload the first speaks for all; what another one lacks comes beside it.
      const isNew = Object.keys(what ?? {}).every(key => !Object.hasOwn(told, key));
      if (what === undefined) found.unlike.push({ container: placeOf(seen), state: seen.state });
      else if (what === 'missing') found.missing.push(image);
      else if (isNew) broken.set(image, { ...told, ...what });
    }
    for (const [image, what] of broken) found.images.push({ ...usual, ...what, match: image });
    found.images.push(usual);
  }
  // What is more special goes first: the first match wins.
  found.images.sort((a, b) => b.match.length - a.match.length);
  return found;
}

type Broken = 'no image' | 'out of memory' | 'no such program' | 'ends again and again' | 'not ready';

function stateOf({ pod, container, status }: Seen, nowMs: number): 'well' | 'by configuration' | Broken {
  const waiting = status?.state?.waiting?.reason ?? '';
  const ended = status?.state?.terminated ?? status?.lastState?.terminated;
  if (['ImagePullBackOff', 'ErrImagePull'].includes(waiting)) return 'no image';
  const sinceMs = nowMs - Date.parse(ended?.finishedAt ?? '');
  const loops =
    waiting === 'CrashLoopBackOff' ||
    waiting === 'RunContainerError' ||
    (ended !== undefined &&
      (status?.state?.terminated !== undefined
        ? ended.exitCode !== 0
        : (status?.restartCount ?? 0) > 1 && sinceMs < loopMs));
  if (loops && ended !== undefined) {
    if (ended.reason === 'OOMKilled') return 'out of memory';
    return ended.reason === 'StartError' || ended.reason === 'ContainerCannotRun'
      ? 'no such program'
      : 'ends again and again';
  }
  if (status?.state?.running === undefined) return ended?.exitCode === 0 ? 'well' : 'by configuration';
  const isMain = pod.spec.containers.includes(container);
  return isMain && !status.ready ? 'not ready' : 'well';
}

function usualBehaviour(match: string, group: readonly Seen[]): ImageBehaviour {
  const containers = group.map(({ container }) => container);
  const ports = containers.map(declaredPorts);
  const probed = containers.flatMap(probePorts);
  const paths = new Set(containers.flatMap(each => probesOf(each).flatMap(httpPath)));
  const [healthPath] = paths;
  const limits = containers.flatMap(each => limitMi(each) ?? []);
  const used = group.flatMap(each => each.used ?? []);
  const needs = used.length > 0 ? used.map(each => each.memoryMi) : containers.map(requestMi);
  const wanted = Math.max(...needs.map(Math.ceil), 1);
  const ends = group.map(endedAfter);
  const longest = ends.every(seconds => seconds !== undefined) ? Math.max(...ends) : undefined;
  const cpu = used.reduce((sum, each) => sum + each.cpuMilli, 0) / Math.max(1, used.length);
  return {
    ...unnamedImage,
    match,
    // Who names no port may listen on any.
    ...(ports.every(each => each.length > 0) ? { ports: [...new Set([...ports.flat(), ...probed])] } : {}),
    ...(paths.size === 1 && healthPath !== undefined ? { healthPath } : {}),
    memoryMi: Math.max(1, Math.min(wanted, ...limits.map(limit => Math.floor(limit * shareOfLimit)))),
    cpuMilli: used.length > 0 ? Math.max(1, Math.round(cpu)) : unnamedImage.cpuMilli,
    ...(longest === undefined ? {} : { runSeconds: longest }),
  };
}

/** What a world says of one tag of an image beside what it says of the others. */
type Told = Partial<ImageBehaviour>;

/** Undefined: nothing that a world can say of an image tells it from `others`, who have the same and are well. */
function whatBreaks(
  { container, status }: Seen,
  { state, usual, others }: { state: Broken; usual: ImageBehaviour; others: readonly Seen[] },
): Told | 'missing' | undefined {
  const limit = limitMi(container);
  const ended = status?.state?.terminated ?? status?.lastState?.terminated;
  const alone = others.length === 0;
  const program = container.command?.[0];
  switch (state) {
    case 'no image':
      if (alone) return 'missing';
      return others.every(({ pod }) => (pod.spec.imagePullSecrets ?? []).length > 0)
        ? { private: true }
        : undefined;
    case 'out of memory': {
      const wider = others.every(
        each => (limitMi(each.container) ?? Number.POSITIVE_INFINITY) > (limit ?? 0),
      );
      return limit !== undefined && wider ? { memoryMi: Math.floor(limit) + 1 } : undefined;
    }
    case 'no such program': {
      const known = ['sh', ...others.flatMap(each => each.container.command?.[0] ?? [])];
      return program === undefined || known.includes(program) ? undefined : { commands: known };
    }
    case 'ends again and again': {
      const { livenessProbe, startupProbe } = container;
      const stopped = stoppedCodes.has(ended?.exitCode ?? 0) ? [livenessProbe, startupProbe] : [];
      const probed = stopped.filter(each => each !== undefined);
      const elsewhere = otherPorts(container, { asked: probed, others });
      if (elsewhere !== undefined) return elsewhere;
      const needsEnv = variablesOf(others[0]?.container).filter(
        name =>
          others.every(each => variablesOf(each.container).includes(name)) &&
          !variablesOf(container).includes(name),
      );
      if (!alone) return needsEnv.length > 0 ? { needsEnv: needsEnv.slice(0, 30) } : undefined;
      if (probed.length > 0) return { ports: [] };
      const seconds = secondsOf(ended) ?? 1;
      const memoryMi = Math.min(usual.memoryMi, Math.floor((limit ?? usual.memoryMi) * shareOfLimit));
      return { memoryMi, runSeconds: Math.max(1, seconds), exitCode: ended?.exitCode ?? 1 };
    }
    case 'not ready': {
      const asked = container.readinessProbe === undefined ? [] : [container.readinessProbe];
      const elsewhere = otherPorts(container, { asked, others });
      const [path] = httpPath(container.readinessProbe);
      // The usual path breaks a probe that asks for another one.
      const isOther = path !== undefined && usual.healthPath !== undefined && path !== usual.healthPath;
      return elsewhere ?? (isOther ? {} : alone ? unready(container) : undefined);
    }
  }
}

/** Where a probe asks at a port of which nothing tells that the program listens there. */
function otherPorts(
  container: Container,
  { asked, others }: { asked: readonly JsonObject[]; others: readonly Seen[] },
): Told | undefined {
  const well = others.flatMap(each => [...declaredPorts(each.container), ...probePorts(each.container)]);
  const known = [...new Set([...declaredPorts(container), ...well])];
  const wrong = asked.some(probe => portsOf(container, probe).some(port => !known.includes(port)));
  return wrong && known.length > 0 ? { ports: known } : undefined;
}

/** What keeps a program from being ready and from nothing else. */
function unready(container: Container): Told | undefined {
  const { readinessProbe, livenessProbe, startupProbe } = container;
  const others = [livenessProbe, startupProbe].filter(each => each !== undefined);
  if (others.length === 0) return { ports: [] };
  const [good] = others.flatMap(httpPath);
  const [bad] = httpPath(readinessProbe);
  return good === undefined || bad === undefined || good === bad ? undefined : { healthPath: good };
}

function placeOf({ pod: { metadata }, container }: Seen): string {
  return `${metadata.namespace}/${metadata.name}/${container.name}`;
}

function bareName(image: string): string {
  return image.replace(/@sha256:.*$/, '').replace(/:[^:/]*$/, '');
}

function limitMi(container: Container): number | undefined {
  const { limits } = containerResources(container, 'memory');
  return limits === undefined ? undefined : Number(limits) / Number(mebi);
}

function requestMi(container: Container): number {
  return Number(containerResources(container, 'memory').requests / mebi) || unnamedImage.memoryMi;
}

function variablesOf(container: Container | undefined): string[] {
  return (container?.env ?? []).map(each => plainText(each['name'])).filter(name => name !== '');
}

function declaredPorts({ ports = [] }: Container): number[] {
  return ports.map(each => each.containerPort);
}

function probesOf({ readinessProbe, livenessProbe, startupProbe }: Container): JsonObject[] {
  return [readinessProbe, livenessProbe, startupProbe].filter(each => each !== undefined);
}

function probePorts(container: Container): number[] {
  return probesOf(container).flatMap(probe => portsOf(container, probe));
}

function portsOf({ ports = [] }: Container, probe: JsonObject | undefined): number[] {
  return ['httpGet', 'tcpSocket', 'grpc'].flatMap(way => {
    const asked = probe?.[way];
    const port = isObject(asked) ? asked['port'] : undefined;
    if (typeof port === 'number') return [port];
    return ports.filter(each => each.name === port && port !== undefined).map(each => each.containerPort);
  });
}

function httpPath(probe: JsonObject | undefined): string[] {
  const http = probe?.['httpGet'];
  return isObject(http) ? [`/${plainText(http['path'] ?? '').replace(/^\//, '')}`.replace(/\?.*$/, '')] : [];
}

/** Of what ran to its end, as jobs do: how long it took. */
function endedAfter({ pod, status }: Seen): number | undefined {
  const ended = status?.state?.terminated;
  return pod.spec.restartPolicy === 'Always' || ended === undefined
    ? undefined
    : Math.max(1, secondsOf(ended) ?? 1);
}

function secondsOf(ended: { startedAt?: string; finishedAt?: string } | undefined): number | undefined {
  const seconds = (Date.parse(ended?.finishedAt ?? '') - Date.parse(ended?.startedAt ?? '')) / 1_000;
  // A start that never came is told as one of 1970.
  return seconds >= 0 && seconds < 86_400 ? seconds : undefined;
}

/** The containers of a pod with their statuses and what they use. */
export function containersOf(pod: Pod, usage: ReadonlyMap<string, Usage>): Seen[] {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const statuses = [...initContainerStatuses, ...containerStatuses];
  // An evicted pod says nothing of its containers, and one that has no node has none yet.
  if (conditionOf(pod.status?.conditions, 'PodScheduled')?.status !== 'True') return [];
  return [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map(container => ({
    pod,
    container,
    status: statuses.find(({ name }) => name === container.name),
    used: usage.get(`${pod.metadata.namespace}/${pod.metadata.name}/${container.name}`),
  }));
}
