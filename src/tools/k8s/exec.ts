import * as z from 'zod';
import { VigieError } from '../../core/errors.ts';
import { describeRef } from '../../core/ref.ts';
import { trusted } from '../../core/trusted-text.ts';
import { conditionOf } from '../../kubernetes/kinds/condition.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { defineChangeTool } from '../../toolkit/tool.ts';
import { uidOf } from './planned-change.ts';
import { refField, toRef } from './schemas.ts';
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
  description:
    'Run one command in a running container, without a shell or stdin. High risk: ask reads first.',
  input: z.strictObject({
    target: refField.describe('Pod or its workload.'),
    container: z.string().min(1).max(63).optional().describe('If several.'),
    command: z
      .array(
        z
          .string()
          .max(wordChars)
          .regex(/^[^\0]*$/),
      )
      .min(1)
      .max(mostWords)
      .describe('Program, arguments.'),
    timeoutSeconds: z.int().min(1).max(longestSeconds).default(30).describe('Then left.'),
  }),

  async plan({ target, container, command, timeoutSeconds }, { kube }) {
    const object = await kube.get(toRef(target));
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
