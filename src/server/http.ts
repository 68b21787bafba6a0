import type { Token } from '../config/tokens.ts';
import { VigieError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import type { Vigie } from '../pipeline/vigie.ts';
import { buildServer } from './build-server.ts';
import { ChangeFeed } from './change-feed.ts';
import { type Desk, listenHttp } from './http-listener.ts';
import { InFlight } from './in-flight.ts';
import { serverLimits } from './limits.ts';
import { narrowVigie } from './narrow-vigie.ts';
import { TokenGate } from './token-gate.ts';

const loopback = ['localhost', '127.0.0.1', '[::1]'];

/** A server that runs; `url` is what clients are given. */
export interface HttpService {
  url: string;
  /** Tells running calls to stop, waits until they have recorded what stands, and closes. */
  close(): Promise<void>;
}

/**
 * Serves MCP over HTTP. Every request needs a token, on loopback too: other users of this machine reach it there.
 * A caller sees and does only what its token allows, in the name of the token's person.
 * @throws VigieError INVALID_CONFIG for an address beyond this machine without `behindTlsProxy`, or unusable tokens.
 */
export async function serveHttp(setup: {
  vigie: Vigie;
  /** An address of this machine; a name is not looked up. */
  host: string;
  /** 0: any free one. */
  port: number;
  tokensFile: string;
  /** True: a proxy in front speaks TLS to the clients, so that tokens do not cross a network in clear. */
  behindTlsProxy?: boolean;
  /** Names that clients call the proxy by, without port; only with `behindTlsProxy`. */
  hostnames?: readonly string[];
}): Promise<HttpService> {
  const { vigie, host, port, tokensFile } = setup;
  if (setup.behindTlsProxy !== true && !loopback.includes(host) && host !== '::1') {
    throw new VigieError(
      'INVALID_CONFIG',
      `Serving on ${host} would send tokens over the network in clear.`,
      {
        hint: 'Serve on 127.0.0.1, or put a proxy that speaks TLS in front and add --behind-tls-proxy.',
      },
    );
  }
  const gate = new TokenGate({ file: tokensFile, now: () => vigie.now(), log: vigie.log });
  await gate.refresh();
  const inFlight = new InFlight();
  const session = newId();

  const listener = await listenHttp<Token>({
    host,
    port,
    hostnames: [...loopback, ...(setup.behindTlsProxy === true ? (setup.hostnames ?? []) : [])],
    admit: request => gate.admit(request),
    stillAdmitted: token => gate.stillAdmitted(token),
    deskOf: token => openDesk(vigie, { token, inFlight, session }),
    log: vigie.log,
  });
  return {
    url: listener.url,
    async close() {
      await listener.close();
      await inFlight.settled(serverLimits.drainMs);
    },
  };
}

function openDesk(
  whole: Vigie,
  { token, inFlight, session }: { token: Token; inFlight: InFlight; session: string },
): Desk {
  const { name, person, environments, toolsets, readOnly } = token;
  const vigie = narrowVigie(whole, {
    ...(environments && { environments }),
    ...(toolsets && { toolsets }),
    ...(readOnly !== undefined && { readOnly }),
  });
  const caller = { via: 'mcp-http', name, onBehalfOf: person, session } as const;
  const open = async (): Promise<Vigie> => vigie;
  const feed = new ChangeFeed(open);
  return {
    build: () => buildServer({ version: vigie.version, open, caller, feed, inFlight }),
    bus: {
      // Only the feed speaks here: lists do not change while a process lives.
      publish: () => {},
      subscribe: listener => feed.listen(uri => listener({ kind: 'resource_updated', uri })),
    },
  };
}
