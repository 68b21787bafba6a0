import type { KubeReader } from '../../clients/kube/reader.ts';
import { VigieError } from '../../core/errors.ts';
import { isObject, type Json, plainText } from '../../core/json.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { containerResources, podResources, type Resources } from '../../kubernetes/pod-needs.ts';
import { type Nano, readQuantity } from '../../kubernetes/quantities.ts';

/** What is used now. */
interface Usage {
  cpu: Nano;
  memory: Nano;
}

/** A pod, container or node: what it uses, and what that is held against. */
export interface Row {
  namespace?: string | undefined;
  name: string;
  /** Undefined: not measured. */
  used: Usage | undefined;
  /** What it is held against, a column each. */
  cpu: readonly (Nano | undefined)[];
  memory: readonly (Nano | undefined)[];
}

/** Whose usage is asked for. */
interface Asked {
  kind: 'pods' | 'nodes';
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  containers: boolean;
}

type Samples = ReadonlyMap<string, KubeObject>;

/** What is used, and the namespaces of several in which it may not be seen. */
export interface Used {
  rows: Row[];
  /** Nothing of them is told: their pods or what these use may not be read. */
  unread: Set<string>;
}

/** Everything that runs with its newest sample. @throws VigieError UNKNOWN_KIND where nothing is measured */
export async function usageRows(kube: KubeReader, asked: Asked): Promise<Used> {
  const unread = new Set<string>();
  const samples = await samplesOf(kube, { ...asked, unread });
  const rows =
    asked.kind === 'pods'
      ? await podRows(kube, { asked, samples, unread })
      : await nodeRows(kube, { asked, samples });
  // A pod whose usage may not be seen is not one that was not measured.
  return { rows: rows.filter(({ namespace }) => !unread.has(namespace ?? '')), unread };
}

async function samplesOf(
  kube: KubeReader,
  { kind, namespace, labelSelector, unread }: Asked & Pick<Used, 'unread'>,
): Promise<Samples> {
  const query = {
    kind: await metricsKind(kube, kind === 'pods' ? 'PodMetrics' : 'NodeMetrics'),
    apiVersion: metricsVersion,
    ...(namespace === undefined || kind === 'nodes' ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
  };
  const samples = new Map<string, KubeObject>();
  for await (const page of kube.listAll(query, { unread })) {
    for (const sample of page) samples.set(keyOf(sample), sample);
  }
  return samples;
}

const metricsVersion = 'metrics.k8s.io/v1beta1';

async function metricsKind(kube: KubeReader, kind: string): Promise<string> {
  try {
    return (await kube.resolve(kind, metricsVersion)).kind;
  } catch (error) {
    if (!(error instanceof VigieError) || error.code !== 'UNKNOWN_KIND') throw error;
    throw new VigieError('UNKNOWN_KIND', 'This cluster does not measure usage: it serves no metrics.k8s.io', {
      hint: 'Install metrics-server; requests and limits alone are in k8s_describe.',
      details: { nearest: [] },
    });
  }
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

async function podRows(
  kube: KubeReader,
  { asked, samples, unread }: { asked: Asked; samples: Samples } & Pick<Used, 'unread'>,
): Promise<Row[]> {
  const { namespace, labelSelector } = asked;
  const query = {
    kind: 'Pod',
    apiVersion: 'v1',
    fieldSelector: 'status.phase=Running',
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
  };
  const pages = kube.listAll(query, { unread });
  const rows: Row[] = [];
  for await (const page of pages) {
    for (const pod of ofKind(page, 'Pod')) {
      const place = { namespace: pod.metadata.namespace, name: pod.metadata.name };
      const containers = containersOf(samples.get(keyOf(pod)));
      if (!asked.containers) {
        const used = containers.size === 0 ? undefined : sumOf([...containers.values()]);
        rows.push({ ...place, used, ...heldAgainst(resource => podResources(pod, resource)) });
        continue;
      }
      const staying = (pod.spec.initContainers ?? []).filter(each => each.restartPolicy === 'Always');
      for (const container of [...staying, ...pod.spec.containers]) {
        rows.push({
          namespace: place.namespace,
          name: `${place.name}/${container.name}`,
          used: containers.get(container.name),
          ...heldAgainst(resource => containerResources(container, resource)),
        });
      }
    }
  }
  return rows;
}

function heldAgainst(resources: (resource: string) => Resources): Pick<Row, 'cpu' | 'memory'> {
  const columnsOf = ({ requests, limits: most }: Resources) => [requests === 0n ? undefined : requests, most];
  return { cpu: columnsOf(resources('cpu')), memory: columnsOf(resources('memory')) };
}

async function nodeRows(
  kube: KubeReader,
  { asked, samples }: { asked: Asked; samples: Samples },
): Promise<Row[]> {
  const { labelSelector } = asked;
  const rows: Row[] = [];
  const pages = kube.listAll({
    kind: 'Node',
    apiVersion: 'v1',
    ...(labelSelector === undefined ? {} : { labelSelector }),
  });
  for await (const page of pages) {
    for (const node of ofKind(page, 'Node')) {
      const { allocatable } = node.status ?? {};
      rows.push({
        name: node.metadata.name,
        used: usageIn(samples.get(keyOf(node))?.['usage']),
        cpu: [amountOf(allocatable?.['cpu'])],
        memory: [amountOf(allocatable?.['memory'])],
      });
    }
  }
  return rows;
}

function containersOf(sample: KubeObject | undefined): Map<string, Usage> {
  const containers = sample?.['containers'];
  const found = new Map<string, Usage>();
  for (const each of Array.isArray(containers) ? containers : []) {
    const used = isObject(each) ? usageIn(each['usage']) : undefined;
    if (isObject(each) && used !== undefined) found.set(plainText(each['name']), used);
  }
  return found;
}

function usageIn(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined;
  const [cpu, memory] = [amountOf(value['cpu']), amountOf(value['memory'])];
  return cpu === undefined || memory === undefined ? undefined : { cpu, memory };
}

function amountOf(value: Json | undefined): Nano | undefined {
  return value === undefined ? undefined : readQuantity(plainText(value));
}

function sumOf(all: readonly Usage[]): Usage {
  return all.reduce((sum, each) => ({ cpu: sum.cpu + each.cpu, memory: sum.memory + each.memory }), {
    cpu: 0n,
    memory: 0n,
  });
}
