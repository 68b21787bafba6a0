import * as z from 'zod';
import { VigieError } from '../../core/errors.ts';
import { refOf } from '../../kubernetes/object.ts';
import { defineChangeTool } from '../../toolkit/tool.ts';
import { podFor } from './one-pod.ts';
import { uidOf } from './planned-change.ts';
import { kindField, namespaceField } from './schemas.ts';

const mostPorts = 10;
// A working day: what is open longer is forgotten.
const longestSeconds = 8 * 3_600;

/** Opens ports of this machine that lead into one pod. Only the command line offers it: the ports are of its own process. */
export const k8sPortForward = defineChangeTool({
  name: 'k8s_port_forward',
  title: 'Forward ports to a pod',
  description: 'Listen on 127.0.0.1 and carry connections to ports of one pod, until Ctrl-C.',
  input: z.strictObject({
    pod: kindField.describe('Name, or deploy/web.'),
    ports: z.array(z.string().max(20)).min(1).max(mostPorts).describe('REMOTE, LOCAL:REMOTE; LOCAL 0: any.'),
    namespace: namespaceField.describe('Namespace.'),
    forSeconds: z.int().min(1).max(longestSeconds).default(3_600).describe('Closed then.'),
  }),
  waits: false,

  async plan({ pod: text, ports, namespace, forSeconds }, { kube }) {
    const wanted = ports.map(portOf);
    const pod = await podFor(kube, { text, namespace });
    return [{ kind: 'k8s-port-forward', target: refOf(pod), uid: uidOf(pod), ports: wanted, forSeconds }];
  },
});

const highestPort = 65_535;

function portOf(text: string): { local: number; remote: number } {
  const [, first = '', second = first] = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(text) ?? [];
  const [local, remote] = [Number(first), Number(second)];
  if (first !== '' && local <= highestPort && remote >= 1 && remote <= highestPort) return { local, remote };
  const message = `${JSON.stringify(text)} is neither PORT nor LOCAL:REMOTE`;
  throw new VigieError('INVALID_INPUT', `ports: ${message}`, {
    hint: 'As in `vigie k8s port-forward POD 8080:80 -n NAMESPACE`: a port of this machine, and one of the pod.',
    details: { issues: [{ field: 'ports', message }] },
  });
}
