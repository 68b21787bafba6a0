import { setTimeout as sleep } from 'node:timers/promises';
import { describeRef, type Ref } from '../../core/ref.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { KubeReader } from '../../clients/kube/reader.ts';
import { healthOf } from '../../kubernetes/health.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { podsOf } from './related.ts';
import type { Waiting } from './kind.ts';

const firstPauseMs = 200;
const longestPauseMs = 2_000;
// One degraded reading may be a controller that has not looked yet; this many in a row, over seconds, is a verdict.
const decisiveReadings = 3;

/** Reads a target until it is healthy, is decidedly not, or the time is over. */
export async function waitHealthy(target: Ref, reader: KubeReader, waiting: Waiting): Promise<Outcome> {
  let pause = firstPauseMs;
  let degraded = 0;
  let said = '';
  for (;;) {
    const object = await reader.find(target);
    if (object === undefined) return { state: 'failed', evidence: [`${describeRef(target)} is gone.`] };
    const related = await podsOf(object, reader);
    const health = healthOf(object, related);
    const evidence = evidenceOf(object, health.reason);
    if (health.state === 'healthy') return { state: 'verified', evidence };
    degraded = health.state === 'degraded' ? degraded + 1 : 0;
    if (degraded >= decisiveReadings) return { state: 'failed', evidence };
    if (Date.now() >= waiting.deadlineMs) return { state: 'unverified', evidence };
    if (evidence[0] !== undefined && evidence[0] !== said) {
      said = evidence[0];
      waiting.progress(said);
    }
    await sleep(Math.max(0, Math.min(pause, waiting.deadlineMs - Date.now())), undefined, {
      signal: waiting.signal,
    });
    pause = Math.min(pause * 1.6, longestPauseMs);
  }
}

function evidenceOf(object: KubeObject, reason: string): string[] {
  return [`${object.kind}/${object.metadata.name}: ${reason}`];
}
