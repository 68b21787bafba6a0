import * as z from 'zod';
import { VigieError } from '../../core/errors.ts';
import { refOf } from '../../kubernetes/object.ts';
import { defineChangeTool } from '../../toolkit/tool.ts';
import { containerOf, podFor } from './one-pod.ts';
import { uidOf } from './planned-change.ts';
import { kindField, namespaceField } from './schemas.ts';

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
    const pod = await podFor(kube, { text: name, namespace });
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

/** No program can be given a word with a zero byte in it. */
function refuseUnsendable(command: readonly string[]): void {
  if (command[0] !== '' && !command.some(word => word.includes('\0'))) return;
  const message = 'the program is empty, or a word holds a zero byte';
  throw new VigieError('INVALID_INPUT', `command: ${message}`, {
    details: { issues: [{ field: 'command', message }] },
  });
}
