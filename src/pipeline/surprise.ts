import { differences } from '../core/json-diff.ts';
import type { Preview } from '../core/preview.ts';
import { describeRef } from '../core/ref.ts';
import { riskOf } from '../kubernetes/risk.ts';
import type { Applied } from './changes/kind.ts';
import { fieldOf } from './diff.ts';

const placesNamed = 5;
const podMakers = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'CronJob', 'Job', 'Pod']);

// What runs, with which variables and volumes, and how often; a default that an admission fills in elsewhere may pass.
const telling =
  /ontainers(\/[^/]+(\/(image|env|envFrom|volumeMounts|volumeDevices)(\/.*)?)?)?$|\/spec\/volumes(\/|$)|^\/spec\/replicas$/;

/** A write that came out other than it was shown, in a field that matters: the rest of the plan stops. */
export function surpriseIn(preview: Preview, applied: Applied): string | undefined {
  if (applied.after === undefined || preview.serverChecked !== true) return undefined;
  const found = differences(preview.after, applied.after).filter(
    ({ path }) => !preview.volatile.some(place => path === place || path.startsWith(`${place}/`)),
  );
  if (found.length === 0) return undefined;
  const { change, target } = preview;
  // Judged by its fields as a workload's would be: that a Secret or a Role is grave by its kind was shown and approved.
  const beyond = riskOf({
    change,
    operation: 'update',
    target: { kind: 'Deployment', apiVersion: 'apps/v1', name: target.name },
    ...(preview.after === undefined ? {} : { before: preview.after }),
    after: applied.after,
    volatile: [],
    warnings: [],
    alongside: [],
    undo: { possible: true },
    serverChecked: true,
  });
  // Other kinds have no fields that are harmless to get wrong: rules, subjects, data, webhooks.
  const elsewhere = !podMakers.has(target.kind) && found.some(({ path }) => !path.startsWith('/metadata/'));
  const inPods = podMakers.has(target.kind) && found.some(({ path }) => telling.test(path));
  if (beyond.level !== 'high' && !elsewhere && !inPods) return undefined;
  const places = found.slice(0, placesNamed).map(({ path }) => fieldOf(path));
  return `${describeRef(target)} was written other than it was shown: ${places.join(', ')}.`;
}
