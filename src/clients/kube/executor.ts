import type { WebSocket } from 'ws';
import { VigieError } from '../../core/errors.ts';
import { badResponse } from '../../http/bad-response.ts';
import type { Channel } from './channel.ts';
import {
  endInput,
  endOf,
  type Outcome,
  outcomeBytes,
  protocols,
  sendFrames,
  stream,
  takesInputEnd,
} from './exec-wire.ts';
import { type Gate, refuse } from './gates.ts';
import { locate, type Query, resourcePath } from './paths.ts';
import { type Carried, carry, type ForwardInput } from './port-forward.ts';
import { Counter, Pieces, type Printed, Tail } from './printed-output.ts';
import type { ResourceKind } from './resource-kind.ts';
import { closeSocket } from './sockets.ts';

/** More output than this is a flood, unless the caller says otherwise; the command is left then. */
const usualOutputBytes = 64 * 1024 * 1024;
/** A server closes the line after the outcome; one that is silent for so long instead has forgotten to. */
const closeMs = 5_000;

const podKind: ResourceKind = {
  kind: 'Pod',
  apiVersion: 'v1',
  resource: 'pods',
  namespaced: true,
  verbs: ['get'],
  shortNames: [],
  subresources: ['exec', 'portforward'],
};

/** Which command, in which container. */
export interface ExecInput {
  pod: { name: string; namespace: string };
  container: string;
  command: readonly string[];
  /** From the open line on; the line is closed then, whatever the command does. */
  timeoutMs: number;
  /** Closes the line early. */
  signal: AbortSignal;
  /** Sent to the command, and ended. Absent: it has no stdin. */
  stdin?: Buffer;
  /** Told all of stdout as it comes; absent: the end of it is all that is kept. */
  stdout?: (bytes: Buffer) => void;
  /** Of stdout and stderr together; more is a flood. Absent: 64 MiB. */
  mostOutputBytes?: number;
}

/** How a command came to its end, and what it printed. */
export interface Ran {
  end:
    | Outcome
    /** The line was closed: the time was over, the caller stopped, or it printed too much. The process may go on. */
    | { how: 'timeout' | 'stopped' | 'flood' };
  stdout: Printed;
  /** Apart: a secret that a word on the other stream breaks up would be known to nobody. */
  stderr: Printed;
}

/**
 * Runs commands in containers; nothing is ever run twice. Not built in read-only mode. Every method may throw VigieError
 * OUT_OF_BOUNDS, FORBIDDEN, NOT_FOUND, NOT_STARTED and REJECTED_BY_SERVER, when nothing ran; and UNREACHABLE, TIMEOUT,
 * BAD_RESPONSE, SERVER_ERROR or CANCELLED, when it may have.
 */
export class KubeExecutor {
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Runs one command to its end, or to the end of its time. */
  async exec(input: ExecInput): Promise<Ran> {
    const socket = await this.open({ ...input, stdin: input.stdin !== undefined });
    if (input.stdin !== undefined && !takesInputEnd(socket)) throw refuseInput(socket, input);
    return follow(socket, input);
  }

  /** The line to a command that has begun, paused; whoever opens it follows and closes it. */
  async open(input: LineInput): Promise<WebSocket> {
    const { pod, container } = input;
    const query = execQuery(input);
    return this.#channel.socket({
      path: resourcePath(podKind, { ...pod, subresource: 'exec' }),
      query,
      protocols,
      gate: streamGate({ ...pod, subresource: 'exec', query }),
      asked: {
        verb: 'exec in',
        what: `container ${container} of Pod/${pod.name} in ${pod.namespace}`,
        resource: 'pods',
        namespace: pod.namespace,
      },
      signal: input.signal,
    });
  }

  /** Carries one connection to a port of the pod and back, until either side ends it. */
  async forward(input: ForwardInput): Promise<Carried> {
    const { pod, port } = input;
    const query = [['ports', String(port)]] as const;
    const socket = await this.#channel.socket({
      path: resourcePath(podKind, { ...pod, subresource: 'portforward' }),
      query,
      // The newer way is SPDY within; kubelets speak this one as long as there are WebSockets.
      protocols: ['v4.channel.k8s.io'],
      gate: streamGate({ ...pod, subresource: 'portforward', query }),
      asked: {
        verb: 'forward to',
        what: `port ${port} of Pod/${pod.name} in ${pod.namespace}`,
        resource: 'pods',
        namespace: pod.namespace,
      },
      signal: input.signal,
    });
    return carry(socket, input);
  }
}

/** Which command gets a line, and whether it has a stdin. */
interface LineInput extends Pick<ExecInput, 'pod' | 'container' | 'command'> {
  stdin: boolean;
  /** Until the line is open. */
  signal: AbortSignal;
}

function execQuery(input: LineInput): Query {
  return [
    ['container', input.container],
    ...(input.stdin ? [['stdin', 'true'] as const] : []),
    ['stdout', 'true'],
    ['stderr', 'true'],
    ...input.command.map(word => ['command', word] as const),
  ];
}

/** Lets nothing pass but a line into the one pod, with exactly the words that were approved. */
export function streamGate(meant: {
  name: string;
  namespace: string;
  subresource: 'exec' | 'portforward';
  query: Query;
}): Gate {
  return request => {
    const location = locate(request.pathname);
    const same =
      request.method === 'GET' &&
      location?.group === '' &&
      location.version === 'v1' &&
      location.resource === 'pods' &&
      location.subresource === meant.subresource &&
      location.name === meant.name &&
      location.namespace === meant.namespace;
    if (!same) refuse(request, 'it is no line into the pod that was meant');
    const found = [...request.query];
    const exact =
      found.length === meant.query.length &&
      meant.query.every(([name, value], index) => found[index]?.[0] === name && found[index][1] === value);
    if (!exact) refuse(request, 'it would run something else');
  };
}

function follow(socket: WebSocket, input: ExecInput): Promise<Ran> {
  const printed = { [stream.stdout]: new Counter(), [stream.stderr]: new Counter() };
  const tails = { [stream.stdout]: new Tail(), [stream.stderr]: new Tail() };
  const outcome = new Pieces();
  const { mostOutputBytes = usualOutputBytes } = input;
  // Whoever takes all of stdout must wait for the close: the rest of it may come after the outcome.
  const outcomeIsEnough = input.stdout === undefined;
  let total = 0;
  let left: 'timeout' | 'stopped' | 'flood' | undefined;
  return new Promise((resolve, reject) => {
    const leave = (why: NonNullable<typeof left>): void => {
      left ??= why;
      closeSocket(socket);
    };
    const stop = (): void => leave('stopped');
    const timer = setTimeout(() => leave('timeout'), input.timeoutMs);
    let closing: NodeJS.Timeout | undefined;
    input.signal.addEventListener('abort', stop, { once: true });
    socket.on('message', data => {
      if (!Buffer.isBuffer(data) || left !== undefined) return;
      closing?.refresh();
      const [number] = data;
      const bytes = data.subarray(1);
      if (number === stream.outcome) {
        if (outcome.length + bytes.length > outcomeBytes) leave('flood');
        else outcome.add(bytes);
        if (outcomeIsEnough) closing ??= setTimeout(() => closeSocket(socket), closeMs);
      }
      if (number !== stream.stdout && number !== stream.stderr) return;
      total += bytes.length;
      if (total > mostOutputBytes) leave('flood');
      printed[number].add(bytes);
      if (number === stream.stdout && input.stdout !== undefined) input.stdout(bytes);
      else tails[number].add(bytes);
    });
    // A close follows, which tells the rest.
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      clearTimeout(timer);
      clearTimeout(closing);
      input.signal.removeEventListener('abort', stop);
      const said = endOf(outcome.text());
      const late = left === undefined ? undefined : { how: left };
      const end = outcomeIsEnough && left !== 'flood' ? (said ?? late) : (late ?? said);
      if (end === undefined) {
        const what = `the line to container ${input.container} of Pod/${input.pod.name}`;
        reject(badResponse(what, 'it broke off before the command had ended', { outcomeUnknown: true }));
        return;
      }
      resolve({
        end,
        stdout: { bytes: printed[stream.stdout].total(), tail: tails[stream.stdout].shown() },
        stderr: { bytes: printed[stream.stderr].total(), tail: tails[stream.stderr].shown() },
      });
    });
    socket.resume();
    if (input.signal.aborted) stop();
    if (input.stdin !== undefined) void sendInput(socket, input.stdin);
  });
}

/** A line that ends meanwhile is told by its close. */
async function sendInput(socket: WebSocket, bytes: Buffer): Promise<void> {
  await sendFrames(socket, bytes);
  await endInput(socket);
}

/** Ends a line on which a command would wait for the end of its input for ever; it has been sent none. */
export function refuseInput(
  socket: WebSocket,
  { container, pod }: Pick<ExecInput, 'container' | 'pod'>,
): VigieError {
  socket.on('error', () => socket.terminate());
  // It waits for the other's goodbye.
  socket.resume();
  closeSocket(socket);
  return new VigieError(
    'NOT_STARTED',
    `Nothing was sent to container ${container} of Pod/${pod.name} in ${pod.namespace}: the server speaks an older protocol (Kubernetes before 1.30), in which the input of a command has no end`,
    { hint: 'Bring the files there in a ConfigMap, a volume or an image: k8s_apply.' },
  );
}
