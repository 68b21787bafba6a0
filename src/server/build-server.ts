import { ProtocolError, ProtocolErrorCode, Server } from '@modelcontextprotocol/server';
import type { Vigie } from '../pipeline/vigie.ts';
import { verifyReply } from './approval-question.ts';
import { callTool } from './call-tool.ts';
import { actorOf, type Caller } from './caller.ts';
import type { ChangeFeed } from './change-feed.ts';
import { composeInstructions } from './compose-instructions.ts';
import { describeTool } from './describe-tools.ts';
import type { InFlight } from './in-flight.ts';
import { serverLimits } from './limits.ts';
import { complete, getPrompt, listPrompts } from './prompts.ts';
import { listResources, listResourceTemplates, readResource } from './resources.ts';

/** Lists do not change while a process lives, so a client need not ask again for an hour. */
const stable = { ttlMs: 3_600_000, cacheScope: 'private' } as const;

/**
 * A fresh server for one connection (stdio, a legacy session) or one request (modern HTTP); both protocol eras are
 * served by what it returns. The handlers are our own, so that an input is checked once, by the pipeline, and an
 * unknown name is answered to the model with the nearest ones instead of as a protocol error.
 */
export function buildServer(door: {
  vigie: Vigie;
  caller: Caller;
  feed: ChangeFeed;
  inFlight: InFlight;
}): Server {
  const { caller, feed, inFlight } = door;
  const tools = door.vigie.tools.slice(0, serverLimits.tools);
  const leftOut = door.vigie.tools.slice(serverLimits.tools).map(tool => tool.name);
  const vigie: Vigie = leftOut.length === 0 ? door.vigie : { ...door.vigie, tools };

  const server = new Server(
    { name: 'vigie', title: 'Vigie', version: vigie.version },
    {
      capabilities: { tools: {}, resources: { subscribe: true }, prompts: {}, completions: {} },
      instructions: composeInstructions(vigie, leftOut),
      requestState: { verify: verifyReply },
      cacheHints: { 'tools/list': stable, 'prompts/list': stable, 'resources/templates/list': stable },
    },
  );
  server.setRequestHandler('tools/list', () => ({ tools: vigie.tools.map(describeTool) }));
  server.setRequestHandler('tools/call', (request, context) =>
    inFlight.track(callTool({ vigie, server, caller }, { request, context })),
  );
  server.setRequestHandler('resources/list', () => listResources(vigie));
  server.setRequestHandler('resources/templates/list', () => listResourceTemplates(vigie));
  server.setRequestHandler('resources/read', (request, context) =>
    inFlight.track(
      readResource(vigie, {
        uri: request.params.uri,
        actor: actorOf(caller, server, context),
        signal: context.mcpReq.signal,
      }),
    ),
  );
  server.setRequestHandler('prompts/list', listPrompts);
  server.setRequestHandler('prompts/get', getPrompt);
  server.setRequestHandler('completion/complete', request => complete(vigie, request));
  serveSubscriptions(server, feed);
  return server;
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
