import { VigieError } from '../../core/errors.ts';
import { trusted } from '../../core/trusted-text.ts';
import { escaped, type Logql, oneOf, parseLogql, quoted, withinValues } from '../../logs/logql.ts';
import type { ToolContext } from '../../toolkit/tool.ts';
import { podsOf } from '../k8s/workload-pods.ts';
import { type AskedLines, refIn } from './source.ts';

/** How a Loki names what a line's pod is; none where it keeps no logs of a cluster. */
export interface LabelNames {
  namespace: string | undefined;
  pod: string;
}

/** As agents of Loki name them, and as OpenTelemetry does. */
const namings = [
  { namespace: 'namespace', pod: 'pod' },
  { namespace: 'k8s_namespace_name', pod: 'k8s_pod_name' },
  { namespace: 'kubernetes_namespace_name', pod: 'kubernetes_pod_name' },
];

// A pattern of more names is longer than servers take in an address.
const podsNamed = 60;

export function labelNamesAmong(labels: readonly string[]): LabelNames {
  return namings.find(({ namespace }) => labels.includes(namespace)) ?? { namespace: undefined, pod: 'pod' };
}

/** The query to send: what was asked for, within the namespaces of the environment. @throws VigieError INVALID_INPUT, OUT_OF_BOUNDS */
export async function lokiQuery(
  asked: AskedLines,
  { names, context }: { names: LabelNames; context: ToolContext },
): Promise<Logql> {
  const { namespaces } = context.environment;
  const query = parseLogql(asked.query ?? (await builtQuery(asked, { names, context })));
  if (namespaces === undefined || names.namespace === undefined) return query;
  return parseLogql(withinValues(query, { label: names.namespace, values: namespaces }));
}

async function builtQuery(
  asked: AskedLines,
  { names, context }: { names: LabelNames; context: ToolContext },
): Promise<string> {
  const namespace = asked.namespace ?? onlyOf(context.environment.namespaces);
  if (names.namespace === undefined) {
    throw new VigieError(
      'INVALID_INPUT',
      'query: this Loki has no label for namespaces, so a query must be given',
      {
        hint: 'Give a query, as {job="app"} |= "timeout".',
        details: { issues: [{ field: 'query', message: 'required: no label names namespaces' }] },
      },
    );
  }
  if (namespace !== undefined) refuseOutside(namespace, context);
  const place =
    namespace === undefined ? `${names.namespace}=~".+"` : `${names.namespace}=${quoted(namespace)}`;
  const pods = await podPattern(asked, { namespace, context });
  // A filter after the selector: what is no label of the stream may still be known of each line.
  const ofPods = pods === undefined ? '' : ` | ${names.pod}=~${quoted(pods)}`;
  const lines = asked.contains === undefined ? '' : ` |= ${quoted(asked.contains)}`;
  return `{${place}}${lines}${ofPods}`;
}

function onlyOf(namespaces: readonly string[] | undefined): string | undefined {
  return namespaces?.length === 1 ? namespaces[0] : undefined;
}

function refuseOutside(namespace: string, { environment }: ToolContext): void {
  const { namespaces } = environment;
  if (namespaces === undefined || namespaces.includes(namespace)) return;
  throw new VigieError('OUT_OF_BOUNDS', 'The namespace that was asked for is outside of the environment', {
    hint: trusted`It covers: ${namespaces}.`,
    details: { allowed: [...namespaces] },
  });
}

// The letters of which Kubernetes makes the ends of names, so that `web` is not taken for the start of `web-admin`.
const drawn = '[bcdfghjklmnpqrstvwxz2456789]';

/** The names that pods of a workload have or had; undefined: any. */
async function podPattern(
  asked: AskedLines,
  { namespace, context }: { namespace: string | undefined; context: ToolContext },
): Promise<string | undefined> {
  const { target } = asked;
  if (target === undefined) return undefined;
  const ref = refIn(target, namespace);
  const name = escaped(ref.name);
  const pattern = new Map([
    ['pod', name],
    ['deployment', `${name}-${drawn}{6,10}-${drawn}{5}`],
    ['replicaset', `${name}-${drawn}{5}`],
    ['daemonset', `${name}-${drawn}{5}`],
    ['statefulset', `${name}-[0-9]+`],
    ['job', `${name}-([0-9]+-)?${drawn}{5}`],
    ['cronjob', `${name}-[0-9]+-([0-9]+-)?${drawn}{5}`],
  ]).get(await kindOf(ref.kind, context));
  if (pattern !== undefined) return pattern;
  const object = await context.kube.get(ref);
  return oneOf(namesOf(await podsOf(context.kube, object)));
}

function namesOf(pods: readonly { metadata: { name: string } }[]): string[] {
  // Where there is no pod, what is no name: an empty pattern would match all lines without one.
  return pods.length === 0 ? ['no/pod'] : pods.slice(0, podsNamed).map(pod => pod.metadata.name);
}

/** What a short or plural name stands for, asked of the cluster only where it is none of the usual. */
async function kindOf(kind: string, { kube }: ToolContext): Promise<string> {
  const known = usual.get(kind.toLowerCase());
  return known ?? (await kube.resolve(kind)).kind.toLowerCase();
}

const usual: ReadonlyMap<string, string> = new Map(
  Object.entries({
    pod: ['po', 'pods'],
    deployment: ['deploy', 'deployments'],
    replicaset: ['rs', 'replicasets'],
    daemonset: ['ds', 'daemonsets'],
    statefulset: ['sts', 'statefulsets'],
    job: ['jobs'],
    cronjob: ['cj', 'cronjobs'],
    service: ['svc', 'services'],
  }).flatMap(([kind, others]) => [kind, ...others].map(each => [each, kind])),
);
