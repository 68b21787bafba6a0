import * as z from 'zod';
import type { LogQuery } from '../../clients/kube/reader.ts';
import { VigieError } from '../../core/errors.ts';
import { inParallel } from '../../core/in-parallel.ts';
import { limits } from '../../core/limits.ts';
import { describeRef } from '../../core/ref.ts';
import { cleanLine } from '../../core/text.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { refOf } from '../../kubernetes/object.ts';
import { learnSecretsOf } from '../../toolkit/learn-secrets.ts';
import { defineReadTool, type ToolContext } from '../../toolkit/tool.ts';
import { fittingRows } from '../text-table.ts';
import { type LineFilter, lineFilter } from './line-filter.ts';
import { maskKeyLines } from './log-keys.ts';
import {
  type LogLine,
  type LogSource,
  mergeByTime,
  parseLine,
  readSource,
  type SourceLines,
} from './log-lines.ts';
import { allContainers, newestFirst, sourcesOf } from './log-sources.ts';
import { refField, toRef } from './schemas.ts';
import { podsOf } from './workload-pods.ts';

// A kubelet streams each log from disk: a few at once keep the answer quick without a run on one node.
const logsAtOnce = 4;
// What an answer holds beside its lines: headline, names of pods, what was not read, JSON punctuation.
const overheadBytes = 5_000;
// A filter that only saw the last lines would miss what it is asked for: this many are looked through.
const filteredLines = 20_000;
const reasonsNamed = 8;
const reasonChars = 120;

const input = z.strictObject({
  target: refField.describe('Pod or workload.'),
  container: z.string().min(1).max(63).optional().describe('Default: all but init ones.'),
  previous: z.boolean().default(false).describe('Before the last restart.'),
  sinceSeconds: z.int().min(1).optional().describe('No older.'),
  sinceTime: z.iso.datetime({ offset: true }).optional().describe('Or since then.'),
  tailLines: z.int().min(1).max(limits.logLines).default(100).describe('Newest (matching) lines.'),
  grep: z.string().min(1).max(1_000).optional().describe('RE2 pattern.'),
  follow: z.boolean().default(false).describe('On a terminal only.'),
});

const output = z.object({
  pods: z.array(z.string()),
  lines: z.int(),
  truncated: z.boolean(),
  notRead: z.array(z.string()).optional(),
});

type Asked = z.output<typeof input>;
type LogFacts = z.output<typeof output>;

/** Reads the logs of a pod, or of all pods of a workload merged by time. */
export const k8sLogs = defineReadTool({
  name: 'k8s_logs',
  title: 'Read logs',
  description: 'Read logs of a pod or of a workload (its pods merged by time), filtered before they are cut.',
  input,
  output,

  async read(asked, context) {
    if (asked.sinceSeconds !== undefined && asked.sinceTime !== undefined) {
      throw new VigieError('INVALID_INPUT', 'Give either sinceSeconds or sinceTime', {
        details: { issues: [{ field: 'sinceTime', message: 'not together with sinceSeconds' }] },
      });
    }
    const target = await context.kube.get(toRef(asked.target));
    const pods = await podsOf(context.kube, target);
    const read = newestFirst(pods).slice(0, limits.logPods);
    await learnSecretsOf(read, context.kube);
    const sources = read.flatMap(pod => sourcesOf(pod, asked.container));
    const notRead = pods.slice(limits.logPods).map(pod => pod.metadata.name);
    const names = read.map(pod => pod.metadata.name);
    if (asked.container !== undefined && read.length > 0)
      notRead.push(...withoutContainer(read, { container: asked.container, of: describeRef(refOf(target)) }));
    if (sources.length === 0) {
      return {
        data: { pods: [], lines: 0, truncated: false },
        text: `${describeRef(refOf(target))} has no pods`,
      };
    }

    const query = queryOf(asked);
    const wanted = asked.grep === undefined ? () => true : await lineFilter(asked.grep);
    if (asked.follow) return follow({ sources, query, wanted, names, context });

    context.progress(`reading ${sources.length} logs`);
    const results = await inParallel(sources, {
      atOnce: logsAtOnce,
      task: source =>
        readOrExplain({
          source,
          query,
          wanted,
          keep: asked.tailLines,
          context,
          alone: sources.length === 1,
          notRead,
        }),
    });
    return mergedAnswer(results, { asked, sources, names, notRead, budgetBytes: context.budgetBytes });
  },
});

function mergedAnswer(
  results: readonly SourceLines[],
  of: { asked: Asked; sources: LogSource[]; names: string[]; notRead: string[]; budgetBytes: number },
): { data: LogFacts; text: string } {
  const { asked, names } = of;
  const prefix = prefixFor(of.sources);
  const lines = mergeByTime(results)
    .slice(-asked.tailLines)
    .map(line => prefix(line.source) + line.text);
  const shown = fittingRows(lines.toReversed(), of.budgetBytes - overheadBytes).toReversed();
  const truncated = shown.length < lines.length || results.some(result => result.broken);
  const rest = of.notRead.length - reasonsNamed;
  const notRead = [...of.notRead.slice(0, reasonsNamed), ...(rest > 0 ? [`and ${rest} more`] : [])];
  const matching = asked.grep === undefined ? '' : ' that match';
  const notes = [
    `${shown.length} newest lines${matching} of ${names.length === 1 ? names[0] : `${names.length} pods`}`,
    ...(truncated ? ['(cut: ask for fewer tailLines, a shorter sinceSeconds or a grep)'] : []),
    ...(notRead.length === 0 ? [] : [`not read: ${notRead.join('; ')}`]),
  ];
  return {
    data: { pods: names, lines: shown.length, truncated, ...(notRead.length === 0 ? {} : { notRead }) },
    text: [...notes, ...shown].join('\n'),
  };
}

function queryOf(asked: Asked): Partial<LogQuery> {
  return {
    tailLines: asked.grep === undefined ? asked.tailLines : filteredLines,
    ...(asked.previous ? { previous: true } : {}),
    ...(asked.sinceSeconds === undefined ? {} : { sinceSeconds: asked.sinceSeconds }),
    ...(asked.sinceTime === undefined ? {} : { sinceTime: asked.sinceTime }),
  };
}

/**
 * Why pods without the container are not read. The server would say so with its name, which in an answer would come back
 * masked if it were a known secret. @throws VigieError INVALID_INPUT where none has it
 */
function withoutContainer(pods: readonly Pod[], asked: { container: string; of: string }): string[] {
  const without = pods.filter(pod => !allContainers(pod).includes(asked.container));
  if (without.length < pods.length) return without.map(pod => `${pod.metadata.name}: has no such container`);
  const message = `${asked.of} has no container ${asked.container}`;
  throw new VigieError('INVALID_INPUT', `container: ${message}`, {
    hint: 'k8s_get of one of its pods shows what containers it has.',
    details: { issues: [{ field: 'container', message }] },
  });
}

/** One log, or why it could not be read when there are others: a container that still starts must not hide the rest. */
async function readOrExplain(input: {
  source: LogSource;
  query: Partial<LogQuery>;
  wanted: LineFilter;
  keep: number;
  context: ToolContext;
  alone: boolean;
  notRead: string[];
}): Promise<SourceLines> {
  try {
    return await readSource(input.context.kube, {
      ...input,
      mask: maskKeyLines(text => input.context.mask(text)),
    });
  } catch (error) {
    if (input.alone || !(error instanceof VigieError) || input.context.signal.aborted) throw error;
    input.notRead.push(
      `${input.source.pod}/${input.source.container}: ${cleanLine(error.message, reasonChars)}`,
    );
    return { lines: [], broken: false };
  }
}

/** What stands before a line: the pod when there are several, the container when a pod has several. */
function prefixFor(sources: readonly LogSource[]): (source: LogSource) => string {
  const pods = new Set(sources.map(({ pod }) => pod)).size;
  if (sources.length === 1) return () => '';
  if (pods === 1) return source => `[${source.container}] `;
  if (pods === sources.length) return source => `[${source.pod}] `;
  return source => `[${source.pod}/${source.container}] `;
}

async function follow(input: {
  sources: LogSource[];
  query: Partial<LogQuery>;
  wanted: LineFilter;
  names: string[];
  context: ToolContext;
}): Promise<{ data: LogFacts; text: string }> {
  const { sources, query, wanted, names, context } = input;
  const { stream } = context;
  if (stream === undefined) {
    throw new VigieError('INVALID_INPUT', 'follow: only a terminal can read a log as it grows', {
      hint: 'Leave follow out and ask again with sinceSeconds.',
      details: { issues: [{ field: 'follow', message: 'only on a terminal' }] },
    });
  }
  const prefix = prefixFor(sources);
  let lines = 0;
  const show = (line: LogLine) => {
    if (!wanted(line.text)) return;
    lines += 1;
    stream(prefix(line.source) + line.text);
  };
  await inParallel(sources, {
    atOnce: sources.length,
    task: async source => {
      const mask = maskKeyLines(text => context.mask(text));
      for await (const raw of context.kube.log({ ...query, ...source, timestamps: true, follow: true }))
        show(parseLine(raw, { source, mask }));
    },
  });
  return { data: { pods: names, lines, truncated: false }, text: `${lines} lines of ${names.join(', ')}` };
}
