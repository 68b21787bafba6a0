import type { KubeReader } from '../../clients/kube/reader.ts';
import { VigieError } from '../../core/errors.ts';
import { inParallel } from '../../core/in-parallel.ts';
import { limits } from '../../core/limits.ts';
import { describeRef } from '../../core/ref.ts';
import { sizeText } from '../../core/size-text.ts';
import { cleanLine } from '../../core/text.ts';
import { trusted } from '../../core/trusted-text.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { isoOf, nanosOf } from '../../logs/moment.ts';
import { learnSecretsOf } from '../../toolkit/learn-secrets.ts';
import type { ToolContext } from '../../toolkit/tool.ts';
import { maskKeyLines } from '../k8s/log-keys.ts';
import { type LogSource, parseLine } from '../k8s/log-lines.ts';
import { newestFirst, sourcesOf } from '../k8s/log-sources.ts';
import { refuseMissing } from '../k8s/named-place.ts';
import { podsOf } from '../k8s/workload-pods.ts';
import { type AskedLines, type FoundLine, type LineSource, refIn } from './source.ts';
import type { TimeSpan } from './time-span.ts';

// Each is a stream of its own on a kubelet.
const logsAtOnce = 4;
// Of one container. A kubelet keeps five files of 10 MiB unless it was told otherwise; of more, the newest lines count.
const containerBytes = 16_000_000;
const containerLines = 50_000;
const blockLines = 2_000;
const reasonChars = 120;
const podsListed = 500;

/** The cluster's own logs of pods that are there now. @throws VigieError INVALID_INPUT where no pods are named */
export async function podSource(asked: AskedLines, context: ToolContext): Promise<LineSource> {
  const { name, pods } = await podsAsked(asked, context);
  const read = newestFirst(pods).slice(0, limits.logPods);
  await learnSecretsOf(read, context.kube);
  const notRead = pods.slice(limits.logPods).map(pod => pod.metadata.name);
  const sources = read.flatMap(pod => sourcesOf(pod, undefined));
  const contains = asked.contains ?? '';
  let looked = 0;
  const look = () => {
    looked += 1;
  };
  return {
    via: 'pods',
    name: `${name} (${pods.length} ${pods.length === 1 ? 'pod' : 'pods'})`,
    order: 'as written',
    notRead,
    total: async () => undefined,
    looked: () => looked,
    async *lines(span) {
      context.progress(`reading ${sources.length} logs`);
      // A few at a time, each wholly: their lines together are bounded by the bounds of one.
      for (let start = 0; start < sources.length; start += logsAtOnce) {
        const some = sources.slice(start, start + logsAtOnce);
        const found = await inParallel(some, {
          atOnce: logsAtOnce,
          task: source =>
            readOne(source, { span, contains, look, context, notRead, alone: sources.length === 1 }),
        });
        for (const lines of found)
          for (let at = 0; at < lines.length; at += blockLines) yield lines.slice(at, at + blockLines);
      }
    },
  };
}

async function podsAsked(
  { target, namespace, query }: AskedLines,
  { kube }: ToolContext,
): Promise<{ name: string; pods: Pod[] }> {
  if (query !== undefined)
    throw new VigieError(
      'INVALID_INPUT',
      'query: without a Loki, logs are asked for by namespace or target',
      {
        details: { issues: [{ field: 'query', message: 'LogQL needs a Loki' }] },
      },
    );
  if (target !== undefined) {
    const object = await targetOf(target, { namespace, kube });
    return { name: describeRef(refOf(object)), pods: await podsOf(kube, object) };
  }
  if (namespace === undefined)
    throw new VigieError('INVALID_INPUT', 'namespace: name one, or a target', {
      hint: 'Without a Loki, logs are read of a namespace or of one workload: vigie logs query --namespace NAME',
      details: { issues: [{ field: 'namespace', message: 'required without target' }] },
    });
  const page = await kube.list({
    kind: 'Pod',
    apiVersion: 'v1',
    namespace,
    limit: podsListed,
  });
  const pods = ofKind(page.items, 'Pod');
  if (pods.length === 0) await refuseMissing(kube, namespace);
  return { name: pods.length > 0 ? `namespace ${namespace}` : 'the namespace that was asked for', pods };
}

/** The target; without a namespace, where it is not in the default one, the error names those in which it is. */
async function targetOf(
  target: string,
  { namespace, kube }: { namespace: string | undefined; kube: KubeReader },
): Promise<KubeObject> {
  const ref = refIn(target, namespace);
  const found = await kube.find(ref);
  if (found !== undefined) return found;
  if (namespace !== undefined) {
    await refuseMissing(kube, namespace);
    return kube.get(ref);
  }
  const fieldSelector = `metadata.name=${ref.name}`;
  const namespaces: string[] = [];
  for await (const page of kube.listAll({ kind: ref.kind, fieldSelector, limit: podsListed }))
    namespaces.push(...page.flatMap(({ metadata }) => metadata.namespace ?? []));
  const [only] = namespaces;
  if (only === undefined) return kube.get(ref);
  throw new VigieError('NOT_FOUND', 'target: there is none of that name in the default namespace', {
    hint: trusted`It is in ${namespaces}: vigie logs query --target ${target} --namespace ${only}`,
    details: { namespaces },
  });
}

interface Reading {
  span: TimeSpan;
  contains: string;
  look: () => void;
  context: ToolContext;
  notRead: string[];
  alone: boolean;
}

/** The lines of one container; why there are none stands with what was not read. */
async function readOne(source: LogSource, reading: Reading): Promise<FoundLine[]> {
  const { context, notRead } = reading;
  try {
    return await linesOf(source, reading);
  } catch (error) {
    if (reading.alone || !(error instanceof VigieError) || context.signal.aborted) throw error;
    notRead.push(`${source.pod}/${source.container}: ${cleanLine(error.message, reasonChars)}`);
    return [];
  }
}

async function linesOf(
  source: LogSource,
  { span, contains, look, context, notRead }: Reading,
): Promise<FoundLine[]> {
  const mask = maskKeyLines(text => context.mask(text));
  const stream = `${source.namespace}/${source.pod}/${source.container}`;
  const lines: FoundLine[] = [];
  let at = span.from;
  let bytes = 0;
  let read = 0;
  const query = {
    ...source,
    timestamps: true,
    sinceTime: isoOf(span.from),
    tailLines: containerLines,
    limitBytes: containerBytes,
  };
  for await (const raw of context.kube.log(query)) {
    bytes += raw.length;
    read += 1;
    const line = parseLine(raw, { source, mask });
    at = nanosOf(line.time) ?? nanosOf(`${line.time}Z`) ?? at;
    if (at < span.from || at >= span.to) continue;
    look();
    if (!line.text.includes(contains)) continue;
    lines.push({ at, stream, where: source.pod, text: line.text });
  }
  const name = `${source.pod}/${source.container}`;
  if (bytes >= containerBytes) notRead.push(`${name}: its log after the first ${sizeText(containerBytes)}`);
  else if (read >= containerLines) notRead.push(`${name}: all but its newest ${containerLines} lines`);
  return lines;
}
