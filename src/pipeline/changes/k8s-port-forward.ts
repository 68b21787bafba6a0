import type { Duplex } from 'node:stream';
import type { K8sPortForward } from '../../core/change.ts';
import { plainText } from '../../core/json.ts';
import type { Outcome } from '../../core/outcome.ts';
import { describeRef } from '../../core/ref.ts';
import { joined, trusted } from '../../core/trusted-text.ts';
import { refOf } from '../../kubernetes/object.ts';
import type { Listening } from '../../toolkit/local-end.ts';
import { troubleOf } from '../trouble.ts';
import { localEndOf, podPlace, prospectOf, rightsMissing, samePod } from './into-pod.ts';
import type { Applied, ChangeKind, Prospect } from './kind.ts';

/** Past this many at once somebody scans; the next one is hung up on. */
const mostConnections = 50;
const namedTroubles = 5;

/** Ports of the person's own machine that lead into one pod, until they stop it or its time is over. */
export const k8sPortForward: ChangeKind<K8sPortForward> = {
  name: 'k8s-port-forward',
  idempotent: false,
  deed: 'forward ports to',
  stands: {
    halfway: trusted`what went over the line stays`,
    next: ({ target: { name, namespace = '' }, ports: [first, ...more] }, { environment }) => {
      const port = first === undefined ? '' : `${first.local}:${first.remote}`;
      const opens = trusted`vigie k8s port-forward ${name} ${port} -n ${namespace} -e ${environment} opens it anew`;
      return more.length === 0 ? opens : joined([opens, trusted`its other ports are added behind`], '; ');
    },
  },

  alwaysGrave: ({ target }) => `opens ports of ${target.kind} ${target.name}`,

  brief({ ports, forSeconds }) {
    return `127.0.0.1 ports ${Array.isArray(ports) ? ports.map(plainText).join(', ') : ''} for at most ${plainText(forSeconds)} s`;
  },

  async preview(change, { reader }): Promise<Prospect> {
    const pod = await samePod(change, reader);
    return {
      change,
      operation: 'update',
      target: refOf(pod),
      uid: change.uid,
      ...prospectOf(pod, {
        ports: change.ports.map(({ local, remote }) => `${local === 0 ? 'any' : local} → ${remote}`),
        forSeconds: change.forSeconds,
        node: pod.spec.nodeName ?? '',
      }),
      volatile: [],
      warnings: [
        'Every process of this machine can use the ports while they are open.',
        ...(await rightsMissing(change, { reader, subresource: 'portforward' })),
      ],
      alongside: [],
      undo: { possible: false, why: irreversible },
      serverChecked: 'a line has no dry run',
    };
  },

  async apply(change, { reader, executor }, writing): Promise<Applied> {
    const pod = podPlace(await samePod(change, reader));
    const local = localEndOf(writing.local);
    await writing.beforeWrite();
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(), change.forSeconds * 1000);
    const signal = AbortSignal.any([over.signal, ...(writing.signal === undefined ? [] : [writing.signal])]);
    const open = new Set<Promise<void>>();
    const total = { connections: 0, sentBytes: 0, receivedBytes: 0 };
    const troubles = new Set<string>();
    // Whoever waits at the other end sees an empty answer; why is said while they wait, each thing once.
    const note = (trouble: string): void => {
      if (troubles.size >= namedTroubles || troubles.has(trouble)) return;
      troubles.add(trouble);
      writing.progress?.(trouble);
    };
    const carry = async (connection: Duplex, port: number): Promise<void> => {
      total.connections += 1;
      try {
        // The kill switch closes what would else be opened anew for hours.
        await writing.beforeWrite();
        const carried = await executor.forward({ pod, port, connection, signal });
        total.sentBytes += carried.sentBytes;
        total.receivedBytes += carried.receivedBytes;
        if (carried.trouble !== undefined) note(`Port ${port}: ${carried.trouble}`);
      } catch (error) {
        note(troubleOf(error, `Port ${port}`));
        connection.destroy();
      }
    };
    const serve = (connection: Duplex, port: number): void => {
      connection.on('error', () => connection.destroy());
      if (open.size >= mostConnections || signal.aborted) return void connection.destroy();
      const carrying = carry(connection, port).finally(() => open.delete(carrying));
      open.add(carrying);
      return undefined;
    };
    const listening: Listening[] = [];
    try {
      for (const { local: wanted, remote } of change.ports) {
        const at = await local.listen(wanted, connection => serve(connection, remote));
        listening.push(at);
        writing.progress?.(
          `127.0.0.1:${at.port} leads to port ${remote} of ${describeRef(change.target)}; Ctrl-C ends it`,
        );
      }
      await ended(signal);
    } finally {
      clearTimeout(timer);
      over.abort();
      for (const at of listening) at.close();
      await Promise.all(open);
    }
    return { uid: change.uid, outcome: outcomeOf(total, troubles) };
  },

  observe: async () => undefined,

  async verify(change) {
    return {
      state: 'unverified',
      evidence: [`${describeRef(change.target)}: nothing tells what went over the line.`],
    };
  },

  invert: () => ({ irreversible }),
};

const irreversible = trusted`what went over the line is not known`;

function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise(resolve => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function outcomeOf(
  total: { connections: number; sentBytes: number; receivedBytes: number },
  troubles: ReadonlySet<string>,
): Outcome {
  const { connections, sentBytes, receivedBytes } = total;
  return {
    state: 'verified',
    evidence: [
      `${connections} connections were carried: ${sentBytes} bytes to the pod, ${receivedBytes} bytes from it.`,
      ...troubles,
    ],
  };
}
