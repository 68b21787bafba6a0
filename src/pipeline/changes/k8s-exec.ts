import type { ExecInput, Ran } from '../../clients/kube/executor.ts';
import type { Printed } from '../../clients/kube/printed-output.ts';
import type { K8sExec } from '../../core/change.ts';
import { plainText } from '../../core/json.ts';
import type { Outcome } from '../../core/outcome.ts';
import { describeRef } from '../../core/ref.ts';
import { roughSize } from '../../core/size-text.ts';
import { trusted } from '../../core/trusted-text.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { refOf } from '../../kubernetes/object.ts';
import { learnSecretsOf } from '../../toolkit/learn-secrets.ts';
import { podPlace, prospectOf, rightsMissing, runningContainer, samePod } from './into-pod.ts';
import type { Applied, ChangeKind, Prospect } from './kind.ts';

/**
 * One command in a container. It runs once: never again for an answer that was lost, and never in another pod than the
 * one that was shown. Nothing on the cluster tells afterwards what it did, so its own end is all the outcome there is.
 */
export const k8sExec: ChangeKind<K8sExec> = {
  name: 'k8s-exec',
  idempotent: false,
  deed: 'exec in',
  prints: true,
  stands: {
    halfway: trusted`what the command did until then stays`,
    next: ({ target: { name, namespace = '' } }, { environment }) =>
      trusted`vigie k8s describe Pod/${name} -n ${namespace} -e ${environment} shows how the pod fares: look before you ask for it again`,
  },

  alwaysGrave: ({ target }) => `runs a command in ${target.kind} ${target.name}`,

  brief({ container, image, node, command }) {
    const words = Array.isArray(command) ? command.map(word => JSON.stringify(word)) : [];
    return `${words.join(' ')} in container ${plainText(container)} of image ${plainText(image)} on node ${plainText(node)}`;
  },

  async preview(change, { reader }): Promise<Prospect> {
    const pod = await samePod(change, reader);
    const container = runningContainer(pod, change.container);
    return {
      change,
      operation: 'update',
      target: refOf(pod),
      uid: change.uid,
      ...prospectOf(pod, {
        command: [...change.command],
        container: change.container,
        image: container.image ?? '',
        node: pod.spec.nodeName ?? '',
        timeoutSeconds: change.timeoutSeconds,
      }),
      volatile: [],
      warnings: await rightsMissing(change, { reader, subresource: 'exec' }),
      alongside: [],
      undo: { possible: false, why: irreversible },
      serverChecked: 'a command has no dry run',
    };
  },

  async apply(change, { reader, executor }, writing): Promise<Applied> {
    const pod = await samePod(change, reader);
    runningContainer(pod, change.container);
    // What it prints may hold them, and only what is known can be masked.
    await learnSecretsOf([pod], reader);
    await writing.beforeWrite();
    const ran = await executor.exec(execInput(change, pod, writing.signal));
    return { uid: change.uid, outcome: outcomeOf(change, ran) };
  },

  observe: async () => undefined,

  async verify(change) {
    return { state: 'unverified', evidence: [`${describeRef(change.target)}: nothing tells how it ended.`] };
  },

  invert: () => ({ irreversible }),
};

const irreversible = trusted`what a command did in a container, nothing takes back`;

function execInput(change: K8sExec, pod: Pod, signal: AbortSignal | undefined): ExecInput {
  return {
    pod: podPlace(pod),
    container: change.container,
    command: change.command,
    timeoutMs: change.timeoutSeconds * 1000,
    signal: signal ?? new AbortController().signal,
  };
}

function outcomeOf(change: K8sExec, ran: Ran): Outcome {
  const end = endOf(change, ran.end);
  return {
    state: end.ok ? 'verified' : 'failed',
    evidence: [
      end.text,
      `stdout ${roughSize(ran.stdout.bytes)}; stderr ${roughSize(ran.stderr.bytes)}.`,
      ...tailOf('Output', ran.stdout),
      ...tailOf('Error output', ran.stderr),
    ],
  };
}

function tailOf(what: string, { tail }: Printed): string[] {
  return tail.text === '' ? [] : [`${what}${tail.cut ? ' (its end)' : ''}:\n${tail.text.trimEnd()}`];
}

function endOf(change: K8sExec, end: Ran['end']): { ok: boolean; text: string } {
  const where = `The command in ${describeRef(change.target)}`;
  switch (end.how) {
    case 'exited':
      return { ok: end.code === 0, text: `${where} ended with exit code ${end.code}.` };
    case 'failed':
      return { ok: false, text: `${where} was not run to its end: ${end.why}` };
    case 'timeout':
      return { ok: false, text: `${where} did not end within ${change.timeoutSeconds} s. ${left}` };
    case 'stopped':
      return { ok: false, text: `${where} was left, since the call was stopped. ${left}` };
    case 'flood':
      return { ok: false, text: `${where} was left, since it printed without end. ${left}` };
  }
}

const left = 'Its line was closed; the process itself may go on in the container.';
