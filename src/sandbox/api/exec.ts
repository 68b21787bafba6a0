import { PassThrough } from 'node:stream';
import type { WebSocket } from 'ws';
import { isKind } from '../../kubernetes/kinds.ts';
import { statusNamed } from '../../kubernetes/pod-containers.ts';
import { failedToStart, runProgram } from '../programs/run.ts';
import { keyOf } from '../state.ts';
import { badRequest } from '../status.ts';
import { type Exchange, sendText } from './exchange.ts';
import { fetchPod, type ObjectTarget, requireNode } from './object-target.ts';
import { chooseContainer } from './pod-log.ts';
import { acceptSocket, endStatus, hearFrames, sendFrame } from './streams.ts';
import { isTrue } from './watch.ts';

// The streams of a command, by the numbers that its frames begin with.
const stdin = 0;
const stdout = 1;
const stderr = 2;
const outcome = 3;
/** Says that a stream ended, named by the byte behind it; the fifth version of the protocol has it. */
const closing = 255;
/** Of a program that was killed, as shells count it. */
const killed = 137;
/** More input than a person types or a small archive holds is not kept waiting for a program. */
const largestInputBytes = 32 * 1024 * 1024;

/** GET or POST of pods/x/exec: runs a command of the model and carries its streams. */
export async function answerExec(exchange: Exchange, target: ObjectTarget): Promise<void> {
  const { cluster, query } = exchange;
  const pod = fetchPod(exchange, target);
  const container = chooseContainer(pod, query.get('container') ?? '');
  requireNode(pod);
  const status = statusNamed(pod, container);
  if (status?.state?.running === undefined) {
    // A kubelet's own words, which are no Status.
    const text = `container not found ("${container}")\n`;
    return sendText(exchange, { status: 500, type: 'text/plain; charset=utf-8', text });
  }
  const wants = (stream: string): boolean => isTrue(query.get(stream));
  if (!['stdin', 'stdout', 'stderr'].some(wants))
    throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
  const argv = query.getAll('command');
  const socket = await acceptSocket(exchange);
  const left = new AbortController();
  const errorStream = wants('tty') ? stdout : stderr;
  let isOver = false;
  // What runs in a container ends with it.
  const look = (): void => {
    const now = cluster.state.get('/pods', keyOf(target.namespace, target.name));
    const same = now !== undefined && isKind(now, 'Pod') && now.metadata.uid === pod.metadata.uid;
    const found = same ? statusNamed(now, container) : undefined;
    isOver = found?.state?.running === undefined || found.containerID !== status.containerID;
    if (isOver) left.abort();
  };
  const forget = cluster.state.onChange(({ object }) => {
    if (object.metadata.uid === pod.metadata.uid) look();
  });
  look();
  try {
    const end = await runProgram(argv, {
      cluster,
      pod,
      container,
      instance: status.containerID ?? '',
      stdin: inputOf(socket, { open: wants('stdin'), left }),
      out: bytes => sendFrame(socket, stdout, bytes),
      error: text => sendFrame(socket, errorStream, text),
      signal: left.signal,
    });
    const said =
      end === 'not found' ? failedToStart(argv, status.containerID ?? '') : endStatus(isOver ? killed : end);
    sendFrame(socket, outcome, JSON.stringify(said));
  } finally {
    forget();
    // Also after a fault of the program, which leaves no outcome.
    socket.close(1000);
  }
}

/** What the client sends, until it ends its input or is gone. */
function inputOf(
  socket: WebSocket,
  { open, left }: { open: boolean; left: AbortController },
): AsyncIterable<Buffer> {
  const input = new PassThrough();
  let bytesSoFar = 0;
  if (!open) input.end();
  hearFrames(socket, {
    frame(number, bytes) {
      if (number === closing && bytes[0] === stdin) input.end();
      if (number !== stdin || input.writableEnded) return;
      bytesSoFar += bytes.length;
      if (bytesSoFar > largestInputBytes) socket.close(1009);
      else input.write(bytes);
    },
    ended() {
      input.end();
      left.abort();
    },
  });
  return input;
}
