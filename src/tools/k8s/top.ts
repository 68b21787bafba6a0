import * as z from 'zod';
import { limits } from '../../core/limits.ts';
import type { Nano } from '../../kubernetes/quantities.ts';
import { defineReadTool } from '../../toolkit/tool.ts';
import { fittingRows, tableHeader, tableLine } from '../text-table.ts';
import { cpuText, memoryText, percentOf } from './amounts.ts';
import { searchedPlace } from './named-place.ts';
import { notReadFact, notReadLines } from './not-read.ts';
import { labelSelectorField, namespaceField } from './schemas.ts';
import { type Row, usageRows } from './top-rows.ts';

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
    notRead: z.array(z.string()).optional(),
  }),

  async read(asked, { kube, environment, budgetBytes }) {
    const { kind } = asked;
    const { rows, unread } = await usageRows(kube, asked);
    const measured = rows.filter(row => row.used !== undefined);
    const sorted = rows.toSorted((left, right) =>
      compare(right.used?.[asked.sortBy], left.used?.[asked.sortBy]),
    );
    const several = new Set(rows.map(row => row.namespace)).size > 1;
    const lines = sorted.slice(0, asked.limit).map(row => lineOf(row, several));
    const shown = fittingRows(lines, budgetBytes - overheadBytes);
    const sum = (of: 'cpu' | 'memory') => measured.reduce((total, row) => total + (row.used?.[of] ?? 0n), 0n);
    const facts = {
      kind,
      total: rows.length,
      measured: measured.length,
      cpu: cpuText(sum('cpu')),
      memory: memoryText(sum('memory')),
      shown: shown.length,
      truncated: shown.length < rows.length,
      ...notReadFact(unread),
    };
    const place =
      asked.namespace === undefined || kind === 'nodes'
        ? environment.name
        : await searchedPlace(kube, { namespace: asked.namespace, environment, found: rows.length > 0 });
    const what = kind === 'nodes' ? 'nodes' : asked.containers ? 'running containers' : 'running pods';
    const unmeasured = rows.length - measured.length;
    const notes = [
      ...notReadLines(unread),
      ...(unmeasured === 0
        ? []
        : [`${unmeasured} without a sample yet: just started, or its node does not report`]),
      ...(facts.truncated
        ? [`${shown.length} of ${rows.length} shown; narrow by namespace or labelSelector`]
        : []),
    ];
    const names = kind === 'nodes' ? nodeColumns : podColumns;
    const columns = several ? ['namespace', ...names] : names;
    const header = shown.length === 0 ? [] : [tableHeader(columns)];
    const headline = `${rows.length} ${what} in ${place} use ${facts.cpu} CPU, ${facts.memory} memory`;
    return { data: facts, text: [headline, ...header, ...shown, ...notes].join('\n') };
  },
});

const podColumns = ['name', 'cpu', 'of-request', 'of-limit', 'memory', 'of-request', 'of-limit'];
const nodeColumns = ['name', 'cpu', 'of-allocatable', 'memory', 'of-allocatable'];

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
