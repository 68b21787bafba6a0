import type { Readable, Writable } from 'node:stream';
import type { JSONRPCMessage, Server } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio as serveConnection } from '@modelcontextprotocol/server/stdio';
import { osUser } from '../config/os-user.ts';
import { newId } from '../core/ids.ts';
import { isObject } from '../core/json.ts';
import type { Vigie } from '../pipeline/vigie.ts';
import { createLogger } from '../telemetry/logger.ts';
import type { ToolListing } from '../toolkit/listing.ts';
import { buildServer } from './build-server.ts';
import { ChangeFeed } from './change-feed.ts';
import { InFlight } from './in-flight.ts';
import { serverLimits } from './limits.ts';

/**
 * Serves one client over two streams, by default the process's own. Resolves when the client has closed its end (or
 * ours broke, or `signal` fired), running calls were told to stop and have recorded what stands: the caller then
 * closes Vigie and ends the process, since an open socket or timer would keep it alive. Nothing but protocol goes out.
 */
export async function serveStdio(setup: {
  version: string;
  /** Called with the first request that needs it, and again after it failed. */
  open(): Promise<Vigie>;
  /** What its tools are listed as, where that is known without opening Vigie; absent: Vigie is asked. */
  listings?: () => Promise<readonly ToolListing[]>;
  /** Calls that this client may have running at once; absent: any number. */
  mostCalls?: number;
  /** The OS user whom the client acts for; absent: our own. */
  onBehalfOf?: string;
  input?: Readable;
  output?: Writable;
  signal?: AbortSignal;
}): Promise<void> {
  const { version, listings, input = process.stdin, output = process.stdout, signal } = setup;
  const inFlight = new InFlight();
  const open = onceUnlessItFails(() => setup.open());
  const feed = new ChangeFeed(open);
  const caller = { via: 'mcp-stdio', onBehalfOf: setup.onBehalfOf ?? osUser(), session: newId() } as const;
  let current: Server | undefined;

  const transport = new StdioServerTransport(input, output);
  const log = createLogger('error', line => process.stderr.write(line));
  let over = false;
  let fault = '';
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const end = (): void => {
    over = true;
    resolve();
  };
  input.once('end', end).once('close', end);
  output.once('error', () => end());
  if (signal?.aborted === true) end();
  signal?.addEventListener('abort', () => end(), { once: true });
  // Each answer that waits for a slow reader listens here; that is no leak.
  output.setMaxListeners(0);
  // A log line to a terminal that is gone must not end the process before its calls have recorded what stands.
  if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', () => {});

  const connection = serveConnection(
    () => {
      current = buildServer({ version, open, listings, caller, feed, inFlight, mostCalls: setup.mostCalls });
      return current;
    },
    {
      transport,
      maxSubscriptions: serverLimits.subscriptions,
      onerror: error => {
        fault = error.message;
      },
    },
  );
  const { onclose } = transport;
  transport.onclose = () => {
    onclose?.();
    // It gives up by itself on a message that is too long; without this the process would end with calls half done.
    if (!over) log.error('mcp.stdio', { ended: 'the connection cannot be read on', why: fault });
    end();
  };
  const stopFeeding = feedModernSubscriptions(transport, {
    listen: () => feed.listen(uri => void current?.sendResourceUpdated({ uri }).catch(() => {})),
  });

  await ended;
  stopFeeding();
  await connection.close();
  await inFlight.settled(serverLimits.drainMs);
}

function onceUnlessItFails<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/**
 * The SDK keeps the modern era's subscriptions to itself and drops what nobody asked for; so the feed is only told
 * whether there are any, by watching the two messages that open and end one.
 */
function feedModernSubscriptions(
  transport: StdioServerTransport,
  feed: { listen(): () => void },
): () => void {
  const open = new Set<unknown>();
  let stop: (() => void) | undefined;
  const follow = (): void => {
    if (open.size > 0) stop ??= feed.listen();
    if (open.size > 0) return;
    stop?.();
    stop = undefined;
  };
  const deliver = transport.onmessage;
  transport.onmessage = (message: JSONRPCMessage) => {
    if ('method' in message && message.method === 'subscriptions/listen' && 'id' in message) {
      if (watchesResources(message.params) && open.size < serverLimits.subscriptions) open.add(message.id);
    } else if ('method' in message && message.method === 'notifications/cancelled') {
      open.delete(message.params?.requestId);
    }
    follow();
    deliver?.(message);
  };
  return () => {
    open.clear();
    follow();
  };
}

function watchesResources(params: unknown): boolean {
  const wanted =
    isObject(params) && isObject(params.notifications)
      ? params.notifications.resourceSubscriptions
      : undefined;
  return Array.isArray(wanted) && wanted.length > 0;
}
