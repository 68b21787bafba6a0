import { answerOf, listenerOf } from '../programs/network.ts';
import { badRequest, notSimulated } from '../status.ts';
import { type Exchange, sendText } from './exchange.ts';
import { fetchPod, type ObjectTarget, requireNode } from './object-target.ts';
import { acceptSocket, hearFrames, sendFrame } from './streams.ts';

const data = 0;
const trouble = 1;
/** A head of a request is far smaller; whatever is larger is no HTTP. */
const largestHeadBytes = 64 * 1024;

/** GET of pods/x/portforward: one connection to one port of a pod, where the program of its image answers HTTP. */
export async function answerPortForward(exchange: Exchange, target: ObjectTarget): Promise<void> {
  const { cluster, query } = exchange;
  const pod = fetchPod(exchange, target);
  requireNode(pod);
  // kubectl names its ports in streams of SPDY, whatever they are wrapped in.
  if (!query.has('ports')) throw notSimulated('the streams of SPDY, which were asked for');
  const port = Number(query.get('ports'));
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw badRequest('the sandbox forwards one port a connection: name it by ports=PORT');
  if (pod.status?.phase !== 'Running') {
    const text = `unable to forward port because pod is not running. Current status=${pod.status?.phase}\n`;
    return sendText(exchange, { status: 500, type: 'text/plain; charset=utf-8', text });
  }
  const socket = await acceptSocket(exchange);
  // Each stream begins with the port that it is for.
  const named = Buffer.from([port & 255, port >> 8]);
  sendFrame(socket, data, named);
  sendFrame(socket, trouble, named);
  const listener = listenerOf(cluster, pod, port);
  if (listener === undefined) {
    const why = `failed to connect to localhost:${port} inside namespace: dial tcp4 127.0.0.1:${port}: connect: connection refused`;
    sendFrame(socket, trouble, `error forwarding port ${port} to pod ${pod.metadata.uid}: ${why}\n`);
    // It waits for the other's goodbye.
    socket.resume();
    socket.close(1000);
    return;
  }
  let heard = Buffer.alloc(0);
  hearFrames(socket, {
    frame(stream, bytes) {
      if (stream !== data) return;
      heard = Buffer.concat([heard, bytes]);
      const end = heard.indexOf('\r\n\r\n');
      if (end < 0 && heard.length < largestHeadBytes) return;
      const [, path] = /^[A-Z]+ (\/\S*) HTTP\/1\.[01]\r\n/.exec(heard.toString('latin1', 0, end + 2)) ?? [];
      // What is no HTTP is answered by hanging up.
      if (path !== undefined) sendFrame(socket, data, answerOf(listener, path));
      socket.close(1000);
    },
    ended: () => undefined,
  });
}
