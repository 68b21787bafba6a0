import { memberOf } from '../core/json.ts';
import type { Event } from './kinds/event.ts';
import type { Pod } from './kinds/pod.ts';

// The least that a refusal must last, however short the probe's own thresholds are: routes may come a moment after the port.
const leastMs = 15_000;

/**
 * How long a refusal of a readiness probe, as the newest warning tells it, must last to need a change; undefined where
 * waiting may help. A program that answers 404 is up and does not have the path. One that listens nowhere may still be
 * starting, for minutes: only where a startup probe has found it up is that the wrong port.
 */
export function probeLastsMs(pod: Pod, { reason, message = '', involvedObject }: Event): number | undefined {
  if (reason !== 'Unhealthy' || !message.startsWith('Readiness probe failed')) return undefined;
  const name = /^spec\.containers\{(.+)\}$/.exec(involvedObject.fieldPath ?? '')?.[1];
  const container = pod.spec.containers.find(each => each.name === name);
  const status = pod.status?.containerStatuses?.find(each => each.name === name);
  const probe = container?.readinessProbe;
  if (probe === undefined || status?.state?.running === undefined || status.ready) return undefined;
  const foundUp = container?.startupProbe !== undefined && status.started === true;
  const answers = memberOf(probe, 'httpGet') !== undefined && message.trim().endsWith('statuscode: 404');
  if (!answers && !(foundUp && /connection refused/.test(message))) return undefined;
  const { periodSeconds, failureThreshold } = probe;
  return Math.max(leastMs, secondsOr(periodSeconds, 10) * secondsOr(failureThreshold, 3) * 1_000);
}

/** The server fills in what is absent; one that did not is read as it would. */
function secondsOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
