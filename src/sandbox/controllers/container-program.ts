import { plainText } from '../../core/json.ts';
import { containerEnvironment } from '../../kubernetes/container-environment.ts';
import type { Container, Pod } from '../../kubernetes/kinds/pod.ts';
import { readQuantity } from '../../kubernetes/quantities.ts';
import { isServed, readAddress } from '../../kubernetes/service-address.ts';
import { behaviourOf, type ImageBehaviour, type World } from '../world.ts';
import type { ClusterView } from './controller.ts';

/** A program of a job that the world says nothing about. */
const jobRunSeconds = 3;
/** The longest that an init container runs: who waits for it waits for the pod. */
const longestInitSeconds = 5;
/** While it starts, a program looks at what it needs one after the other. */
export const needEveryMs = 1_000;

/** How a program ends by itself. */
export interface ProgramEnd {
  atMs: number;
  exitCode: number;
  reason: 'Completed' | 'Error' | 'OOMKilled';
}

interface Running {
  pod: Pod;
  container: Container;
  isInit: boolean;
  startedMs: number;
}

/** When a program will end by itself, if all that it needs is there; undefined: never. */
export function plannedEnd(world: World, running: Running): ProgramEnd | undefined {
  const { container, startedMs } = running;
  const behaviour = behaviourOf(world, container.image ?? '');
  const limit = readQuantity(plainText(container.resources?.limits?.['memory'] ?? ''));
  if (limit !== undefined && limit < BigInt(Math.ceil(behaviour.memoryMi)) * mebi) {
    // It grows to its full size while it starts; one that is ready at once still takes a moment.
    const atMs = startedMs + Math.max(1, behaviour.startSeconds) * 1_000;
    return { atMs, exitCode: 137, reason: 'OOMKilled' };
  }
  const seconds = runSecondsOf(running, behaviour);
  if (seconds === undefined) return undefined;
  const { exitCode } = behaviour;
  return { atMs: startedMs + seconds * 1_000, exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' };
}

/** A mebibyte in the billionths in which quantities are read. */
const mebi = 1_048_576n * 1_000_000_000n;

function runSecondsOf({ pod, container, isInit }: Running, behaviour: ImageBehaviour): number | undefined {
  if (isInit && container.restartPolicy !== 'Always')
    return Math.min(behaviour.runSeconds ?? 1, longestInitSeconds);
  const ends = !isInit && (pod.spec.restartPolicy ?? 'Always') !== 'Always';
  return behaviour.runSeconds ?? (ends ? jobRunSeconds : undefined);
}

/** What the program looks at while it starts, in this order: the first that is missing ends it with status 1. */
export function startNeeds({ needsEnv, needs, withoutPeers }: ImageBehaviour): string[] {
  return [...needsEnv.map(name => `$${name}`), ...(withoutPeers === 'crash' ? needs : [])];
}

/** Whether the need of a place in that list is there. */
export function isNeedMet(
  view: ClusterView,
  { pod, container, index }: { pod: Pod; container: Container; index: number },
): boolean {
  const behaviour = behaviourOf(view.world, container.image ?? '');
  const need = startNeeds(behaviour)[index] ?? '';
  if (index >= behaviour.needsEnv.length) return isPeerReady(view, { pod, container, peer: need });
  return (variable(view, { pod, container, name: need.slice(1) }) ?? '') !== '';
}

/** What is read of a cluster to tell whether somebody's peers are there. */
export type PeerSource = Pick<ClusterView, 'get' | 'list' | 'world'>;

/** Whether all peers are there on which a program's health depends. */
export function arePeersReady(
  view: PeerSource,
  { pod, container }: { pod: Pod; container: Container },
): boolean {
  const { needs, withoutPeers } = behaviourOf(view.world, container.image ?? '');
  return withoutPeers === 'crash' || needs.every(peer => isPeerReady(view, { pod, container, peer }));
}

function variable(
  view: PeerSource,
  { pod, container, name }: { pod: Pod; container: Container; name: string },
): string | undefined {
  return containerEnvironment(view, { pod, container }).variables.get(name);
}

function isPeerReady(
  view: PeerSource,
  { pod, container, peer }: { pod: Pod; container: Container; peer: string },
): boolean {
  const place = peer.startsWith('$') ? (variable(view, { pod, container, name: peer.slice(1) }) ?? '') : peer;
  const address = readAddress(place, pod.metadata.namespace ?? '');
  return address === undefined ? place !== '' : isServed(address, view);
}
