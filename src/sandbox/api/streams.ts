import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import type { JsonObject } from '../../core/json.ts';
import { minorOf } from '../releases.ts';
import { badRequest, notSimulated } from '../status.ts';
import type { Exchange } from './exchange.ts';

// What kubectl and our client speak. The newer one can end stdin, and came with 1.30.
const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const firstMinorOfNewer = 30;
/** A client splits what it sends into frames of some kilobytes. */
const largestFrameBytes = 4 * 1024 * 1024;

/** Makes a WebSocket of the connection. BadRequest where it asks for none, or speaks no protocol of ours. */
export async function acceptSocket(exchange: Exchange): Promise<WebSocket> {
  const { request, response, upgrade } = exchange;
  if (upgrade === undefined) throw badRequest('Upgrade request required');
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map(each => each.trim());
  const spoken = protocols.slice(minorOf(exchange.cluster.world) < firstMinorOfNewer ? 1 : 0);
  const chosen = spoken.find(each => offered.includes(each));
  if (!isWebSocket(request) || chosen === undefined)
    throw notSimulated('the streams of SPDY, which were asked for');
  const { WebSocketServer } = await import('ws');
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: largestFrameBytes,
    handleProtocols: () => chosen,
  });
  response.detachSocket(upgrade.socket);
  return new Promise(resolve => {
    server.handleUpgrade(request, upgrade.socket, upgrade.head, socket => {
      // Until somebody hears its frames.
      socket.pause();
      resolve(socket);
    });
  });
}

function isWebSocket(request: IncomingMessage): boolean {
  return request.method === 'GET' && /^websocket$/i.test(request.headers.upgrade ?? '');
}

/** As much as a real server sends at once. */
const frameBytes = 32 * 1024;

/** Every message is one frame of a stream: its number, then bytes. What is longer goes as several. */
export function sendFrame(socket: WebSocket, stream: number, bytes: Buffer | string): void {
  const all = Buffer.from(bytes);
  for (let at = 0; at < Math.max(1, all.length) && socket.readyState === socket.OPEN; at += frameBytes)
    socket.send(Buffer.concat([Buffer.from([stream]), all.subarray(at, at + frameBytes)]));
}

/** The frames of a socket, as `stream` and its bytes; `ended` when it closes, for whatever reason. */
export function hearFrames(
  socket: WebSocket,
  hear: { frame(stream: number, bytes: Buffer): void; ended(): void },
): void {
  socket.on('message', data => {
    if (!Buffer.isBuffer(data)) return;
    const [stream] = data;
    if (stream !== undefined) hear.frame(stream, data.subarray(1));
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => hear.ended());
  socket.resume();
}

/** How a command ended, as the last thing on its error stream says. */
export function endStatus(exitCode: number): JsonObject {
  if (exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}
