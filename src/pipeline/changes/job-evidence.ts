import type { KubeReader } from '../../clients/kube/reader.ts';
import { VigieError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { cleanLine } from '../../core/text.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { controllerOf } from '../../kubernetes/owners.ts';
import { learnSecretsOf } from '../../toolkit/learn-secrets.ts';
import { eventsAbout } from './related.ts';

// The end says how it went; k8s_logs shows the rest.
const lastLines = 10;
const containersShown = 3;
// One line of an image's progress bar may hold a megabyte.
const tailBytes = 64 * 1024;

/** The pods of a job, the newest first. */
export async function jobPods(job: KubeObject, reader: KubeReader): Promise<Pod[]> {
  const { name, namespace = '', uid } = job.metadata;
  const labelSelector = `batch.kubernetes.io/job-name=${name}`;
  const { items } = await reader.list({
    kind: 'Pod',
    apiVersion: 'v1',
    namespace,
    labelSelector,
    limit: limits.listPage,
  });
  const born = ({ metadata }: Pod) => metadata.creationTimestamp ?? '';
  return ofKind(items, 'Pod')
    .filter(pod => controllerOf(pod)?.uid === uid)
    .toSorted((a, b) => born(b).localeCompare(born(a)));
}

/** The last lines that each container of the newest pod has said, or why there are none. */
export async function endOf(
  job: KubeObject,
  { pods, reader }: { pods: readonly Pod[]; reader: KubeReader },
): Promise<string[]> {
  const [newest] = pods;
  if (newest === undefined) return [`It has no pod${await whyNone(job, reader)}.`];
  // What it printed may hold them, and only what is known can be masked.
  await learnSecretsOf([newest], reader);
  const { initContainers = [], containers } = newest.spec;
  // An init container that is done has nothing to do with how the job ended.
  const failed = (newest.status?.initContainerStatuses ?? [])
    .filter(({ state }) => state?.terminated !== undefined && state.terminated.exitCode !== 0)
    .map(({ name }) => name);
  const shown = [...initContainers.filter(({ name }) => failed.includes(name)), ...containers];
  const logs = await Promise.all(
    shown.slice(0, containersShown).map(({ name }) => lastLinesIn(newest, { container: name, reader })),
  );
  return logs.flat();
}

/** A quota or an admission may keep the controller from making one, which only its events tell. */
async function whyNone(job: KubeObject, reader: KubeReader): Promise<string> {
  const events = ofKind((await eventsAbout([job], reader)) ?? [], 'Event');
  const warning = events.findLast(({ type }) => type === 'Warning');
  return warning === undefined ? '' : `: ${cleanLine(warning.message ?? '')}`;
}

async function lastLinesIn(
  pod: Pod,
  { container, reader }: { container: string; reader: KubeReader },
): Promise<string[]> {
  const { name, namespace = '' } = pod.metadata;
  const where = `log of ${name} ${container}`;
  const lines: string[] = [];
  try {
    const query = { namespace, pod: name, container, tailLines: lastLines, limitBytes: tailBytes };
    for await (const line of reader.log(query)) lines.push(`${where}: ${line}`);
  } catch (error) {
    if (!(error instanceof VigieError) || error.code === 'CANCELLED') throw error;
    return [`${where}: cannot be read (${error.code})`];
  }
  return lines.length === 0 ? [`${where}: is empty`] : lines;
}
