import { ProtocolError, ProtocolErrorCode, Server } from '@modelcontextprotocol/server';
import type { Vigie } from '../pipeline/vigie.ts';
import { loadText } from '../prompts/load-text.ts';
import type { ToolListing } from '../toolkit/listing.ts';
import { fitting } from '../tools/left-out.ts';
import { verifyReply } from './approval-question.ts';
import { actorOf, type Caller } from './caller.ts';
import type { ChangeFeed } from './change-feed.ts';
import type { InFlight } from './in-flight.ts';
import { serverLimits } from './limits.ts';

/** Lists do not change while a process lives, so a client need not ask again for an hour. */
const stable = { ttlMs: 3_600_000, cacheScope: 'private' } as const;

/**
 * A fresh server for one connection (stdio, a legacy session) or one request (modern HTTP); both protocol eras are
 * served by what it returns. The handlers are our own, so that an input is checked once, by the pipeline, and an
 * unknown name is answered to the model with the nearest ones instead of as a protocol error. They and Vigie itself
 * load with the first request that needs them: a client waits for the first answer, and it says only who is here.
 */
export function buildServer(door: {
  version: string;
  /** The same Vigie each time. @throws VigieError where it cannot be opened, which the client is told. */
  open(): Promise<Vigie>;
  /** What its tools are listed as, where that is known without opening Vigie; absent: Vigie is asked. */
  listings?: (() => Promise<readonly ToolListing[]>) | undefined;
  caller: Caller;
  feed: ChangeFeed;
  inFlight: InFlight;
  /** How many calls may run at once; absent: a client that is its server's only one may have as many as it likes. */
  mostCalls?: number | undefined;
}): Server {
  const { caller, feed, inFlight, mostCalls = Number.POSITIVE_INFINITY } = door;
  const open = async (): Promise<Vigie> => withListed(await (await door.open()).inForce('read'));
  const ask = async (): Promise<readonly ToolListing[]> => {
    const { listingOf } = await import('../toolkit/listing.ts');
    return (await door.open()).tools.map(listingOf);
  };
  const { listings = ask } = door;
  const server = new Server(
    { name: 'vigie', title: 'Vigie', version: door.version },
    {
      capabilities: { tools: {}, resources: { subscribe: true }, prompts: {}, completions: {} },
      instructions: loadText('instructions').trimEnd(),
      requestState: { verify: verifyReply },
      cacheHints: { 'tools/list': stable, 'prompts/list': stable, 'resources/templates/list': stable },
    },
  );
  server.setRequestHandler('tools/list', async () => ({ tools: listed(await listings()) }));
  server.setRequestHandler('tools/call', async (request, context) => {
    const { callTool } = await import('./call-tool.ts');
    if (inFlight.size >= mostCalls)
      throw new ProtocolError(ProtocolErrorCode.InvalidRequest, `No more than ${mostCalls} calls at once.`);
    return inFlight.track(callTool({ open, server, caller }, { request, context }));
  });
  server.setRequestHandler('resources/list', async () => {
    const { listResources } = await import('./resources.ts');
    return listResources(await open());
  });
  server.setRequestHandler('resources/templates/list', async () => {
    const { listResourceTemplates } = await import('./resources.ts');
    return listResourceTemplates(await open());
  });
  server.setRequestHandler('resources/read', async (request, context) => {
    const { readResource } = await import('./resources.ts');
    const { signal } = context.mcpReq;
    const call = { uri: request.params.uri, actor: actorOf(caller, server, context), signal };
    return inFlight.track(readResource(await open(), call));
  });
  server.setRequestHandler('prompts/list', async () => {
    const { listPrompts } = await import('./prompts.ts');
    // Without what starts runs there is none to ask Vigie for.
    const runs = (await listings()).some(({ name }) => name === 'playbooks_run');
    return listPrompts(runs ? open : undefined);
  });
  server.setRequestHandler('prompts/get', async request =>
    (await import('./prompts.ts')).getPrompt(open, request),
  );
  server.setRequestHandler('completion/complete', async request =>
    (await import('./prompts.ts')).complete(open, request),
  );
  serveSubscriptions(server, feed);
  return server;
}

/** What is not listed cannot be called. */
function withListed(vigie: Vigie): Vigie {
  if (vigie.tools.length <= serverLimits.tools) return vigie;
  return {
    ...vigie,
    tools: listed(vigie.tools),
    inForce: async use => withListed(await vigie.inForce(use)),
  };
}

function listed<T extends { name: string }>(tools: readonly T[]): T[] {
  return fitting(tools, serverLimits.tools);
}

/** The legacy era's subscriptions; the modern era's are the transport's, which listens itself. */
function serveSubscriptions(server: Server, feed: ChangeFeed): void {
  const held = new Map<string, () => void>();
  server.setRequestHandler('resources/subscribe', request => {
    const { uri } = request.params;
    if (held.has(uri)) return {};
    if (held.size >= serverLimits.subscriptions) {
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `No more than ${held.size} subscriptions.`);
    }
    held.set(
      uri,
      // A client that went away is seen by the transport.
      feed.listen(moved => void (moved === uri && server.sendResourceUpdated({ uri }).catch(() => {}))),
    );
    return {};
  });
  server.setRequestHandler('resources/unsubscribe', request => {
    held.get(request.params.uri)?.();
    held.delete(request.params.uri);
    return {};
  });
  server.onclose = () => {
    for (const release of held.values()) release();
    held.clear();
  };
}
