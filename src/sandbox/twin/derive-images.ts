import { type JsonObject } from '../../core/json.ts';
import { imageName } from '../../kubernetes/images.ts';
import type { Container } from '../../kubernetes/kinds/pod.ts';
import {
  declaredPorts,
  httpPaths,
  limitMi,
  portsOf,
  probePorts,
  probesOf,
  requestMi,
  variablesOf,
} from '../../kubernetes/twin/container-facts.ts';
import {
  type Broken,
  endedAfter,
  placeOf,
  type Seen,
  secondsOf,
  stateOf,
} from '../../kubernetes/twin/seen-container.ts';
import { type ImageBehaviour, unnamedImage } from '../world.ts';

/*
 * What a program needs cannot be read of a cluster; how its containers fare can. Those that are well say what their
 * image does, under its name without a tag. One that is broken for a reason of its image breaks its own tag, listed
 * before; one that is broken for a reason of its configuration needs no entry: the copied objects break it again.
 */

/** The images of a twin, and in `unlike` the containers that are broken in the cluster and well in the twin. */
export interface DerivedImages {
  images: ImageBehaviour[];
  missing: string[];
  unlike: { container: string; state: string }[];
}

/** A kubelet stopped it: it caught the signal or did not (128 + 15, 128 + 9). */
const stoppedCodes = new Set([137, 143]);
/** Of a limit, what a program that is well below it takes at most: it must not die of a rounding. */
const shareOfLimit = 0.9;

export function deriveImages(all: readonly Seen[], nowMs: number): DerivedImages {
  const found: DerivedImages = { images: [], missing: [], unlike: [] };
  const groups = Map.groupBy(all, ({ container }) => imageName(container.image ?? ''));
  for (const [match, group] of groups) {
    // No image has that name, and as a pattern it would speak for others.
    if (match === '' || match.includes('*')) continue;
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

function usualBehaviour(match: string, group: readonly Seen[]): ImageBehaviour {
  const containers = group.map(({ container }) => container);
  const ports = containers.map(declaredPorts);
  const probed = containers.flatMap(probePorts);
  const paths = new Set(containers.flatMap(each => probesOf(each).flatMap(httpPaths)));
  const [healthPath] = paths;
  const limits = containers.flatMap(each => limitMi(each) ?? []);
  const used = group.flatMap(each => each.used ?? []);
  const needs =
    used.length > 0
      ? used.map(each => each.memoryMi)
      : containers.map(each => requestMi(each) ?? unnamedImage.memoryMi);
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
      return {
        memoryMi,
        runSeconds: Math.max(1, seconds),
        exitCode: Math.min(255, Math.max(0, ended?.exitCode ?? 1)),
      };
    }
    case 'not ready': {
      const asked = container.readinessProbe === undefined ? [] : [container.readinessProbe];
      const elsewhere = otherPorts(container, { asked, others });
      const [path] = httpPaths(container.readinessProbe);
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
  const [good] = others.flatMap(httpPaths);
  const [bad] = httpPaths(readinessProbe);
  return good === undefined || bad === undefined || good === bad ? undefined : { healthPath: good };
}
