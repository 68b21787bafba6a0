import type { JsonObject } from '../../../src/core/json.ts';
import { limits } from '../../../src/core/limits.ts';
import { judge, type Verdict } from '../attack.ts';
import type { AttackedCluster } from '../ground.ts';
import { unclean } from '../hostile-text.ts';
import type { StdioDoor } from '../stdio-door.ts';

const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
export const settings = { kind: 'ConfigMap', name: 'settings', namespace: 'shop' };

const settingsManifest =
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\ndata: {mode: slow}\n';

/** A ConfigMap as a server sends it. */
export function configMap(more: { name?: string; data?: JsonObject; metadata?: JsonObject }): JsonObject {
  const { name = 'settings', data = { mode: 'fast' }, metadata = {} } = more;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'shop', uid: 'u', resourceVersion: '1', ...metadata },
    data,
  };
}

/** What a model would ask next: reads in their forms, and the changes, which preview before they ask. */
export const questions: readonly (readonly [tool: string, input: JsonObject])[] = [
  ['k8s_get', { target: settings }],
  ['k8s_get', { target: settings, format: 'json' }],
  ['k8s_list', { kind: 'configmaps' }],
  ['k8s_list', { kind: 'configmaps', format: 'json', wide: true }],
  ['k8s_events', { target: web }],
  ['k8s_logs', { target: web }],
  ['k8s_describe', { target: web }],
  ['k8s_describe', { target: settings }],
  ['k8s_explain', { path: 'configmap.data' }],
  ['k8s_access', { verb: 'get', resource: 'configmaps', whoCan: true }],
  ['k8s_top', {}],
  ['k8s_delete', { target: settings }],
  ['k8s_apply', { manifest: settingsManifest, force: true }],
  ['k8s_scale', { target: web, replicas: 4 }],
];

/** One answer of Vigie. */
export interface Answered {
  tool: string;
  status: string;
  code: string;
  text: string;
  /** Everything that a client or a model reads of it. */
  all: string;
  bytes: number;
  /** The fields that somebody acts on. */
  trusted: string;
}

const trustedFields = ['hint', 'next', 'approveWith', 'undo', 'rule', 'id', 'ticket', 'code', 'status'];

export async function ask(door: StdioDoor, [tool, input]: (typeof questions)[number]): Promise<Answered> {
  const { text, data, bytes } = await door.call(tool, input);
  return {
    tool,
    status: textOf(data.status, 'answered'),
    code: textOf(data.code, ''),
    text,
    all: `${text}\n${stringsIn(data)}`,
    bytes,
    trusted: JSON.stringify(trustedFields.map(name => data[name])),
  };
}

/** Asks one question after the other. */
export async function askAll(door: StdioDoor, asked: typeof questions = questions): Promise<Answered[]> {
  const answers: Answered[] = [];
  for (const question of asked) answers.push(await ask(door, question));
  return answers;
}

/**
 * What must hold whatever a cluster says: answers in bounded time, small and clean, no order in a field that somebody acts on,
 * no fault of Vigie itself, nothing written, memory under a bound. `more` are the attack's own expectations.
 */
export function judgeAnswers(
  answers: readonly Answered[],
  at: {
    door: StdioDoor;
    cluster: AttackedCluster;
    /** Processor time that all of it may take. */
    seconds: number;
    megabytes: number;
    more?: Record<string, boolean>;
  },
): Verdict {
  const { door, cluster, seconds, megabytes, more = {} } = at;
  const largest = Math.max(0, ...answers.map(({ bytes }) => bytes));
  const { peak, cpu } = door;
  const saw = [
    `${answers.length} answers (${tally(answers)})`,
    `largest ${Math.ceil(largest / 1_000)} kB`,
    cpu === undefined ? 'time unknown' : `${cpu.toFixed(1)} s of a processor`,
    peak === undefined ? 'memory unknown' : `${peak} MB`,
    `${cluster.writes().length} writes`,
  ].join(', ');
  const dirty = answers.find(({ all }) => unclean.test(all));
  const obeyed = answers.find(({ trusted }) => trusted.includes('IGNORE') || trusted.includes('evil'));
  return judge(saw, {
    'nothing was written': cluster.writes().length === 0,
    [`it took less than ${seconds} s of a processor`]: cpu === undefined || cpu <= seconds,
    [`none is larger than ${limits.answerBytes} bytes`]: largest <= limits.answerBytes + envelopeBytes,
    [`memory stayed under ${megabytes} MB`]: peak === undefined || peak <= megabytes,
    [`all are clean${dirty === undefined ? '' : ` (${dirty.tool}: ${visible(dirty.all)})`}`]:
      dirty === undefined,
    [`no order in a trusted field${obeyed === undefined ? '' : ` (${obeyed.tool}: ${obeyed.trusted})`}`]:
      obeyed === undefined,
    'no fault of its own': answers.every(({ code }) => code !== 'INTERNAL'),
    'the process lives and speaks protocol alone': door.lives && door.noise.length === 0,
    ...more,
  });
}

/** JSON-RPC's own members around an answer. */
const envelopeBytes = 500;

function tally(answers: readonly Answered[]): string {
  const counts = new Map<string, number>();
  for (const { status, code } of answers) {
    const key = code === '' ? status : code;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, count]) => `${count} ${key}`).join(', ');
}

function stringsIn(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .map(([key, item]) => `${key} ${stringsIn(item)}`)
    .join('\n');
}

/** The first unclean character and what stands around it. */
function visible(text: string): string {
  const at = text.search(unclean);
  return JSON.stringify(text.slice(Math.max(0, at - 30), at + 30));
}

function textOf(value: unknown, absent: string): string {
  return typeof value === 'string' ? value : absent;
}
