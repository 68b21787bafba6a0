import type { LokiEntry } from '../../clients/loki/pages.ts';
import type { LokiReader } from '../../clients/loki/reader.ts';
import { VigieError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { cleanLine, cleanText, cutText } from '../../core/text.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import type { Logql } from '../../logs/logql.ts';
import { isoOf } from '../../logs/moment.ts';
import { learnSecretsOf } from '../../toolkit/learn-secrets.ts';
import type { ToolContext } from '../../toolkit/tool.ts';
import { maskKeyLines } from '../k8s/log-keys.ts';
import type { LabelNames } from './loki-query.ts';
import type { AskedLines, FoundLine, LineSource } from './source.ts';

const inSecond = 1_000_000_000n;
// What is looked through of a line before it is masked: as much as of a pod's own log.
const lineChars = limits.lineChars * 8;
const whereChars = 100;
const linesOfEntry = 200;
// Whose pods' Secrets are learnt; lines of more namespaces are masked by the form of what is in them.
const namespacesLearnt = 5;
const podsLearnt = 200;

/** What tells a reader where a line is from, the best first. */
const placeLabels = ['instance', 'host', 'hostname', 'unit', 'filename', 'service_name', 'app', 'job'];

/** Lines of a Loki. `query`: as it is sent. */
export function lokiSource(
  loki: LokiReader,
  {
    query,
    names,
    asked,
    context,
  }: { query: Logql; names: LabelNames; asked: AskedLines; context: ToolContext },
): LineSource {
  const notRead: string[] = [];
  const learnt = new Set<string>();
  const learn = async (page: readonly LokiEntry[]) => {
    for (const { labels } of page) {
      const namespace = names.namespace === undefined ? undefined : labels[names.namespace];
      if (namespace === undefined || learnt.has(namespace) || learnt.size >= namespacesLearnt) continue;
      learnt.add(namespace);
      await learnSecretsIn(namespace, context);
    }
  };
  const lost = (at: bigint) => notRead.push(`lines of ${isoOf(at)} beyond a page: they share that moment`);
  return {
    via: 'loki',
    name: 'Loki',
    order: 'newest first',
    notRead,
    looked: () => undefined,
    async *lines(span) {
      for await (const page of loki.pages(query.text, { ...span, lost })) {
        await learn(page);
        context.progress(
          `read lines back to ${new Date(Number((page.at(-1)?.at ?? 0n) / 1_000_000n)).toISOString()}`,
        );
        // A private key is masked from its first line on, so the lines of a stream are masked in their order.
        const maskOf = masksByStream(context);
        const placeOf = placesByStream({ names, context });
        yield page
          .toSorted((left, right) => (left.at < right.at ? -1 : left.at > right.at ? 1 : 0))
          .flatMap(entry => foundLines(entry, { where: placeOf(entry), mask: maskOf(entry.stream) }))
          // What the filter of the server saw is not masked yet: a line counts if it still holds what was asked for.
          .filter(({ text }) => text.includes(asked.contains ?? ''));
      }
    },
    async total({ from, to }) {
      const seconds = (to - from + inSecond - 1n) / inSecond;
      return loki.number(`sum(count_over_time(${query.text}\n[${seconds}s]))`, to);
    },
  };
}

function masksByStream(context: ToolContext): (stream: string) => (text: string) => string {
  const masks = new Map<string, (text: string) => string>();
  return stream => {
    const mask = masks.get(stream) ?? maskKeyLines(text => context.mask(text));
    masks.set(stream, mask);
    return mask;
  };
}

/** Where an entry is from: known once a stream, and masked apart, since it is no line of the stream. */
function placesByStream({
  names,
  context,
}: {
  names: LabelNames;
  context: ToolContext;
}): (entry: LokiEntry) => string {
  const places = new Map<string, string>();
  return ({ stream, labels }) => {
    const known = places.get(stream);
    if (known !== undefined) return known;
    const place = [names.pod, ...placeLabels].map(name => labels[name]).find(Boolean);
    const where = cleanLine(context.mask(place ?? Object.values(labels)[0] ?? '-'), whereChars);
    places.set(stream, where);
    return where;
  };
}

/** The lines of one entry: a stack trace may be sent as one. */
function foundLines(
  { at, stream, line }: LokiEntry,
  { where, mask }: { where: string; mask: (text: string) => string },
): FoundLine[] {
  return mask(cleanText(cutText(line, lineChars)))
    .split('\n', linesOfEntry)
    .filter((text, index) => text !== '' || index === 0)
    .map(text => ({ at, stream, where, text: cleanLine(text) }));
}

/** So that what its pods' containers print of them is masked. Logs are wanted most where the cluster cannot be asked. */
async function learnSecretsIn(namespace: string, context: ToolContext): Promise<void> {
  try {
    const page = await context.kube.list({ kind: 'Pod', apiVersion: 'v1', namespace, limit: podsLearnt });
    await learnSecretsOf(ofKind(page.items, 'Pod'), context.kube);
  } catch (error) {
    if (!(error instanceof VigieError) || context.signal.aborted) throw error;
  }
}
