import * as z from 'zod';
import { VigieError } from '../../core/errors.ts';
import { describeRef, type Ref } from '../../core/ref.ts';
import { trusted } from '../../core/trusted-text.ts';
import { conditionOf } from '../../kubernetes/kinds/condition.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { defineChangeTool } from '../../toolkit/tool.ts';
import { uidOf } from './planned-change.ts';
import { kindField, namespaceField } from './schemas.ts';
import { podsOf } from './workload-pods.ts';

// An approver reads every word of it.
const mostWords = 50;
const wordChars = 2_000;
// A longer command belongs into a Job.
const longestSeconds = 300;

/** Runs one command in a running container, and tells its end and what it printed. */
export const k8sExec = defineChangeTool({
  name: 'k8s_exec',
  title: 'Run a command in a pod',
  description: 'Run one command in a container, without a shell. Prefer reading tools.',
  input: z.strictObject({
    pod: kindField.describe('Name, or deploy/web.'),
    namespace: namespaceField.describe('Namespace.'),
    container: kindField.optional().describe('If several.'),
    command: z.array(z.string().max(wordChars)).min(1).max(mostWords).describe('Program, arguments.'),
    timeoutSeconds: z.int().min(1).max(longestSeconds).default(30).describe('Then left.'),
  }),

  waits: false,

  async plan({ pod: name, namespace, container, command, timeoutSeconds }, { kube }) {
    refuseUnsendable(command);
    const object = await kube.get(targetOf(name, namespace));
    const pod = onePod(object, await podsOf(kube, object));
    return [
      {
        kind: 'k8s-exec',
        target: refOf(pod),
        uid: uidOf(pod),
        container: containerOf(pod, container),
        command,
        timeoutSeconds,
      },
    ];
  },
});

/** A pod by its name, or what has pods as `kind/name`. */
function targetOf(text: string, namespace: string | undefined): Ref {
  const [, kind = 'Pod', name = text] = /^([^/]+)\/(.+)$/.exec(text) ?? [];
  return { kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** No program can be given a word with a zero byte in it. */
function refuseUnsendable(command: readonly string[]): void {
  if (command[0] !== '' && !command.some(word => word.includes('\0'))) return;
  const message = 'the program is empty, or a word holds a zero byte';
  throw new VigieError('INVALID_INPUT', `command: ${message}`, {
    details: { issues: [{ field: 'command', message }] },
  });
}

/** The pod itself, or a ready one of the workload: by name the first, so that asking again means the same. */
function onePod(object: KubeObject, pods: readonly Pod[]): Pod {
  const usable = object.kind === 'Pod' ? pods : pods.filter(isUsable);
  const [first] = usable.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  if (first !== undefined) return first;
  throw new VigieError('NOT_FOUND', `${describeRef(refOf(object))} has no ready pod`, {
    hint: 'See why with k8s_list pods and k8s_events, or name a pod.',
  });
}

function isUsable({ metadata, status }: Pod): boolean {
  return (
    metadata.deletionTimestamp === undefined && conditionOf(status?.conditions, 'Ready')?.status === 'True'
  );
}

function containerOf(pod: Pod, asked: string | undefined): string {
  const names = pod.spec.containers.map(({ name }) => name);
  const chosen = asked ?? pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  const all = [...names, ...(pod.spec.initContainers ?? []).map(({ name }) => name)];
  if (chosen !== undefined && all.includes(chosen)) return chosen;
  const [only] = names;
  if (asked === undefined && only !== undefined && names.length === 1) return only;
  const what = asked === undefined ? 'has several containers' : 'has no such container';
  throw new VigieError('INVALID_INPUT', `container: ${describeRef(refOf(pod))} ${what}`, {
    hint: trusted`Name one of: ${all.slice(0, 20)}.`,
    details: { issues: [{ field: 'container', message: what }] },
  });
}
