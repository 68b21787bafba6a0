import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeReader } from '../../clients/kube/reader.ts';
import type { Outcome } from '../../core/outcome.ts';
import { describeRef, type Ref } from '../../core/ref.ts';
import { healthOf } from '../../kubernetes/health.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { describeTrouble, podTrouble } from '../../kubernetes/pod-trouble.ts';
import type { Waiting } from './kind.ts';
import { podsOf } from './related.ts';

const firstPauseMs = 200;
const longestPauseMs = 2_000;
// A bad reading may be a controller that has not looked yet, or a pull that is tried again: it must last to be a verdict.
const decisiveMs = 4_000;

/** What stops a container for good unless somebody changes something; a pod without a node may yet get one. */
const lastingTroubles = new Set([
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'CrashLoopBackOff',
]);

/**
 * Reads a target until it is healthy, is decidedly not, or the time is over. `startsPods`: the change makes new pods,
 * so that trouble of the newest ones is the change's own and no rollout will get past it.
 */
export async function waitHealthy(
  target: Ref,
  reader: KubeReader,
  waiting: Waiting & { startsPods: boolean },
): Promise<Outcome> {
  let pause = firstPauseMs;
  let badSince: number | undefined;
  let said = '';
  for (;;) {
    const object = await reader.find(target);
    if (object === undefined) return { state: 'failed', evidence: [`${describeRef(target)} is gone.`] };
    const pods = await podsOf(object, reader);
    const health = healthOf(object, pods);
    const evidence = `${object.kind}/${object.metadata.name}: ${health.reason}`;
    if (health.state === 'healthy') return { state: 'verified', evidence: [evidence] };
    const trouble = waiting.startsPods ? troubleOfNewest(pods) : undefined;
    const isBad = health.state === 'degraded' || trouble !== undefined;
    badSince = isBad ? (badSince ?? Date.now()) : undefined;
    const lasted = badSince !== undefined && Date.now() - badSince >= decisiveMs;
    if (lasted)
      return { state: 'failed', evidence: trouble === undefined ? [evidence] : [evidence, trouble] };
    if (Date.now() >= waiting.deadlineMs) return { state: 'unverified', evidence: [evidence] };
    if (evidence !== said) {
      said = evidence;
      waiting.progress(said);
    }
    await sleep(Math.max(0, Math.min(pause, waiting.deadlineMs - Date.now())), undefined, {
      signal: waiting.signal,
    });
    pause = Math.min(pause * 1.6, longestPauseMs);
  }
}

/** The lasting trouble of the pods that belong together with the youngest one; older ones may be what is being replaced. */
function troubleOfNewest(objects: readonly KubeObject[]): string | undefined {
  const pods = objects.filter(object => isKind(object, 'Pod'));
  const ages = pods.map(pod => pod.metadata.creationTimestamp ?? '').sort();
  const youngest = pods.find(pod => pod.metadata.creationTimestamp === ages.at(-1));
  for (const pod of pods.filter(each => revisionOf(each) === (youngest && revisionOf(youngest)))) {
    const trouble = podTrouble(pod);
    if (trouble !== undefined && lastingTroubles.has(trouble.reason))
      return `Pod/${pod.metadata.name}: ${describeTrouble(trouble)}`;
  }
  return undefined;
}

function revisionOf(pod: KubeObject): string | undefined {
  const { labels } = pod.metadata;
  return labels?.['pod-template-hash'] ?? labels?.['controller-revision-hash'];
}
