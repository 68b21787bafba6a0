import { containerEnvironment } from '../../kubernetes/container-environment.ts';
import type { Container, Pod } from '../../kubernetes/kinds/pod.ts';
import { isKnown, isServed, readAddress } from '../../kubernetes/service-address.ts';
import { limitMi } from '../../kubernetes/twin/container-facts.ts';
import { behaviourOf, type ImageBehaviour, type World } from '../world.ts';
import type { ClusterView } from './controller.ts';

/** A program of a job that the world says nothing about. */
const jobRunSeconds = 3;
/** The longest that an init container runs: who waits for it waits for the pod. */
const longestInitSeconds = 5;
/** While it starts, a program takes a step each time. */
export const stepEveryMs = 1_000;

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
  const limit = limitMi(container);
  if (limit !== undefined && limit < Math.ceil(behaviour.memoryMi)) {
    // It grows to its full size while it starts; one that is ready at once still takes a moment.
    const atMs = startedMs + Math.max(1, behaviour.startSeconds) * 1_000;
    return { atMs, exitCode: 137, reason: 'OOMKilled' };
  }
  const seconds = runSecondsOf(running, behaviour);
  if (seconds === undefined) return undefined;
  const { exitCode } = behaviour;
  return { atMs: startedMs + seconds * 1_000, exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' };
}

function runSecondsOf({ pod, container, isInit }: Running, behaviour: ImageBehaviour): number | undefined {
  if (isInit && container.restartPolicy !== 'Always')
    return Math.min(behaviour.runSeconds ?? 1, longestInitSeconds);
  const ends = !isInit && (pod.spec.restartPolicy ?? 'Always') !== 'Always';
  return behaviour.runSeconds ?? (ends ? jobRunSeconds : undefined);
}

/** What a program does while it starts: reads a variable, looks up the name of a peer, connects to it. */
interface StartStep {
  does: 'read' | 'look up' | 'connect';
  /** The variable; or the peer, as its image has it. */
  need: string;
}

/** The steps of a start, in this order: the first that fails ends the program with status 1. */
export function startSteps({ needsEnv, needs, withoutPeers }: ImageBehaviour): StartStep[] {
  const peers = withoutPeers === 'crash' ? needs : [];
  return [
    ...needsEnv.map(need => ({ does: 'read' as const, need })),
    ...peers.flatMap(need => (['look up', 'connect'] as const).map(does => ({ does, need }))),
  ];
}

/** Whether a step of its start succeeds now. */
export function doesStep(
  view: ClusterView,
  { pod, container, step: { does, need } }: { pod: Pod; container: Container; step: StartStep },
): boolean {
  if (does === 'read') return (variable(view, { pod, container, name: need }) ?? '') !== '';
  if (does === 'connect') return isPeerReady(view, { pod, container, peer: need });
  const address = readAddress(placeOf(view, { pod, container, peer: need }), pod.metadata.namespace ?? '');
  return address === undefined || isKnown(address, view);
}

/**
 * The host of a peer as the pod itself says it, which no later change of anything else can make another; undefined where it
 * does not, or names nothing of the cluster.
 */
export function hostOf(
  peer: string,
  { pod, container }: { pod: Pod; container: Container },
): string | undefined {
  const place = placeOf({ get: () => undefined }, { pod, container, peer });
  return readAddress(place, pod.metadata.namespace ?? '')?.host;
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
  view: Pick<PeerSource, 'get'>,
  { pod, container, name }: { pod: Pod; container: Container; name: string },
): string | undefined {
  return containerEnvironment(view, { pod, container }).variables.get(name);
}

function isPeerReady(
  view: PeerSource,
  { pod, container, peer }: { pod: Pod; container: Container; peer: string },
): boolean {
  const place = placeOf(view, { pod, container, peer });
  const address = readAddress(place, pod.metadata.namespace ?? '');
  return address === undefined ? place !== '' : isServed(address, view);
}

/** Where a peer is: as its image has it, or as the variable says that the image names. */
function placeOf(
  view: Pick<PeerSource, 'get'>,
  { pod, container, peer }: { pod: Pod; container: Container; peer: string },
): string {
  return peer.startsWith('$') ? (variable(view, { pod, container, name: peer.slice(1) }) ?? '') : peer;
}
