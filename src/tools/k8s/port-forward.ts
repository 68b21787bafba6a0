import * as z from 'zod';
import { VigieError } from '../../core/errors.ts';
import { describeRef } from '../../core/ref.ts';
import type { Service } from '../../kubernetes/kinds/network.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import { refOf } from '../../kubernetes/object.ts';
import { targetPortIn } from '../../kubernetes/service-endpoints.ts';
import { defineChangeTool } from '../../toolkit/tool.ts';
import { podBehind } from './one-pod.ts';
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
    pod: kindField.describe('Name, deploy/web or svc/web.'),
    ports: z.array(z.string().max(20)).min(1).max(mostPorts).describe('REMOTE, LOCAL:REMOTE; LOCAL 0: any.'),
    namespace: namespaceField.describe('Namespace.'),
    forSeconds: z.int().min(1).max(longestSeconds).default(3_600).describe('Closed then.'),
  }),
  waits: false,

  async plan({ pod: text, ports, namespace, forSeconds }, { kube }) {
    const wanted = ports.map(portOf);
    const { named, pod } = await podBehind(kube, { text, namespace });
    const inPod = wanted.map(({ local, remote }) => ({
      local,
      remote: isKind(named, 'Service') ? behindService(named, { pod, port: remote }) : remote,
    }));
    return [{ kind: 'k8s-port-forward', target: refOf(pod), uid: uidOf(pod), ports: inPod, forSeconds }];
  },
});

const highestPort = 65_535;

function portOf(text: string): { local: number; remote: number } {
  const [, first = '', second = first] = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(text) ?? [];
  const [local, remote] = [Number(first), Number(second)];
  if (first !== '' && local <= highestPort && remote >= 1 && remote <= highestPort) return { local, remote };
  throw wrong(`${JSON.stringify(text)} is neither PORT nor LOCAL:REMOTE`);
}

/** The port of the pod to which the service leads. @throws VigieError INVALID_INPUT */
function behindService(service: Service, { pod, port }: { pod: Pod; port: number }): number {
  const found = targetPortIn(pod, { service, port });
  if (found !== undefined) return found;
  const has = (service.spec.ports ?? []).slice(0, mostPorts).map(each => each.port);
  throw wrong(
    `port ${port} of ${describeRef(refOf(service))} leads to no port of its pods; it has: ${has.join(', ') || 'none'}`,
  );
}

function wrong(message: string): VigieError {
  return new VigieError('INVALID_INPUT', `ports: ${message}`, {
    hint: 'As in `vigie k8s port-forward POD 8080:80 -n NAMESPACE`: a port of this machine, and one of the pod or service.',
    details: { issues: [{ field: 'ports', message }] },
  });
}
