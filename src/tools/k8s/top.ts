import * as z from 'zod';
import type { KubeReader } from '../../clients/kube/reader.ts';
import { VigieError } from '../../core/errors.ts';
import { isObject, type Json, plainText } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { containerResources, podResources, type Resources } from '../../kubernetes/pod-needs.ts';
import { type Nano, readQuantity } from '../../kubernetes/quantities.ts';
import { defineReadTool } from '../../toolkit/tool.ts';
import { fittingRows, tableHeader, tableLine } from '../text-table.ts';
import { cpuText, memoryText, percentOf } from './amounts.ts';
import { namedPlace } from './named-place.ts';
import { labelSelectorField, namespaceField } from './schemas.ts';

// What an answer holds beside its rows: counts, the header, JSON punctuation.
const overheadBytes = 1_500;

const input = z.strictObject({
  kind: z.enum(['pods', 'nodes']).default('pods').describe('Whose.'),
  namespace: namespaceField.describe('Of pods. Default: all.'),
  labelSelector: labelSelectorField.optional().describe('As app=web.'),
  sortBy: z.enum(['cpu', 'memory']).default('cpu').describe('Largest first.'),
  containers: z.boolean().default(false).describe('A row a container.'),
  limit: z.int().min(1).max(limits.listPage).default(50).describe('Rows.'),
});

/** Shows what pods or nodes use now, beside what they asked for and may have. */
export const k8sTop = defineReadTool({
  name: 'k8s_top',
  title: 'Show usage',
  description:
    'Show CPU and memory that pods use now, beside requests and limits; or nodes, beside allocatable.',
  input,
  output: z.object({
    kind: z.string(),
    total: z.int(),
    measured: z.int(),
    cpu: z.string(),
    memory: z.string(),
    shown: z.int(),
    truncated: z.boolean(),
  }),

  async read(asked, { kube, environment, budgetBytes }) {
    const samples = await samplesOf(kube, asked);
    const rows =
      asked.kind === 'pods'
        ? await podRows(kube, { asked, samples })
        : await nodeRows(kube, { asked, samples });
    const measured = rows.filter(row => row.used !== undefined);
    const sorted = rows.toSorted((left, right) =>
      compare(right.used?.[asked.sortBy], left.used?.[asked.sortBy]),
    );
    const several = new Set(rows.map(row => row.namespace)).size > 1;
    const lines = sorted.slice(0, asked.limit).map(row => lineOf(row, several));
    const shown = fittingRows(lines, budgetBytes - overheadBytes);
    const sum = (of: 'cpu' | 'memory') => measured.reduce((total, row) => total + (row.used?.[of] ?? 0n), 0n);
    const facts = {
      kind: asked.kind,
      total: rows.length,
      measured: measured.length,
      cpu: cpuText(sum('cpu')),
      memory: memoryText(sum('memory')),
      shown: shown.length,
      truncated: shown.length < rows.length,
    };
    const place =
      asked.namespace === undefined || asked.kind === 'nodes'
        ? environment.name
        : namedPlace(asked.namespace, { environment, found: rows.length > 0 });
    const what = asked.kind === 'nodes' ? 'nodes' : asked.containers ? 'running containers' : 'running pods';
    const unmeasured = rows.length - measured.length;
    const notes = [
      ...(unmeasured === 0
        ? []
        : [`${unmeasured} without a sample yet: just started, or its node does not report`]),
      ...(facts.truncated
        ? [`${shown.length} of ${rows.length} shown; narrow by namespace or labelSelector`]
        : []),
    ];
    const names = asked.kind === 'nodes' ? nodeColumns : podColumns;
    const columns = several ? ['namespace', ...names] : names;
    const header = shown.length === 0 ? [] : [tableHeader(columns)];
    const headline = `${rows.length} ${what} in ${place} use ${facts.cpu} CPU, ${facts.memory} memory`;
    return { data: facts, text: [headline, ...header, ...shown, ...notes].join('\n') };
  },
});

const podColumns = ['name', 'cpu', 'of-request', 'of-limit', 'memory', 'of-request', 'of-limit'];
const nodeColumns = ['name', 'cpu', 'of-allocatable', 'memory', 'of-allocatable'];

interface Usage {
  cpu: Nano;
  memory: Nano;
}

interface Row {
  namespace?: string | undefined;
  name: string;
  /** Undefined: not measured. */
  used: Usage | undefined;
  /** What it is held against, a column each. */
  cpu: readonly (Nano | undefined)[];
  memory: readonly (Nano | undefined)[];
}

type Asked = z.output<typeof input>;
type Samples = ReadonlyMap<string, KubeObject>;

async function samplesOf(kube: KubeReader, { kind, namespace, labelSelector }: Asked): Promise<Samples> {
  const query = {
    kind: await metricsKind(kube, kind === 'pods' ? 'PodMetrics' : 'NodeMetrics'),
    apiVersion: metricsVersion,
    ...(namespace === undefined || kind === 'nodes' ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
  };
  const samples = new Map<string, KubeObject>();
  for await (const page of kube.listAll(query)) {
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
  { asked, samples }: { asked: Asked; samples: Samples },
): Promise<Row[]> {
  const { namespace, labelSelector } = asked;
  const pages = kube.listAll({
    kind: 'Pod',
    apiVersion: 'v1',
    fieldSelector: 'status.phase=Running',
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
  });
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

/** What was not measured comes last. */
function compare(left: Nano | undefined, right: Nano | undefined): number {
  const [a, b] = [left ?? -1n, right ?? -1n];
  return a < b ? -1 : a > b ? 1 : 0;
}

function lineOf(row: Row, several: boolean): string {
  const cells = (of: 'cpu' | 'memory', write: (amount: Nano) => string) => [
    row.used === undefined ? '?' : write(row.used[of]),
    ...row[of].map(whole => share(row.used?.[of], { whole, write })),
  ];
  return tableLine([
    ...(several ? [row.namespace] : []),
    row.name,
    ...cells('cpu', cpuText),
    ...cells('memory', memoryText),
  ]);
}

/** `48% of 250m`, `250m` of what is not measured; nothing where there is nothing to hold it against. */
function share(
  used: Nano | undefined,
  { whole, write }: { whole: Nano | undefined; write: (amount: Nano) => string },
): string | undefined {
  if (whole === undefined) return undefined;
  const percent = used === undefined ? undefined : percentOf(used, whole);
  return percent === undefined ? write(whole) : `${percent} of ${write(whole)}`;
}
