import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { Actor } from '../core/actor.ts';
import { isObject } from '../core/json.ts';

/** Who speaks through one connection: made by the transport, which alone knows. */
export interface Caller {
  via: 'mcp-stdio' | 'mcp-http';
  /** Of the token, over HTTP; absent: the client's own name, which is a label only. */
  name?: string;
  /** The OS user on stdio, the token's person over HTTP. */
  onBehalfOf: string;
  /** Drawn anew for each connection on stdio and for each server over HTTP, where the token tells callers apart. */
  session: string;
}

/** Names from outside are shown to approvers, so they are short and plain. */
const nameChars = 64;

/** The actor behind a request: the client as a label, acting for the person of the connection. */
export function actorOf(caller: Caller, server: Server, context?: ServerContext): Actor {
  const claimed = clientInfo(server, context);
  const label = (caller.name ?? claimed ?? '').replaceAll(/[^\w .@/-]/g, '').slice(0, nameChars);
  return { kind: 'agent', name: label || 'mcp', via: caller.via, onBehalfOf: caller.onBehalfOf };
}

/** Modern requests carry the client's name and abilities each; a legacy connection said them once. */
function clientInfo(server: Server, context?: ServerContext): string | undefined {
  const info = fromEnvelope(context, CLIENT_INFO_META_KEY) ?? server.getClientVersion();
  return isObject(info) && typeof info.name === 'string' ? info.name : undefined;
}

/** True where the client says that it can show a form to its user. An empty `elicitation` means forms. */
export function canShowForms(server: Server, context: ServerContext): boolean {
  const capabilities = fromEnvelope(context, CLIENT_CAPABILITIES_META_KEY) ?? server.getClientCapabilities();
  const elicitation = isObject(capabilities) ? capabilities.elicitation : undefined;
  return isObject(elicitation) && (elicitation.form !== undefined || elicitation.url === undefined);
}

function fromEnvelope(context: ServerContext | undefined, key: string): unknown {
  const envelope: unknown = context?.mcpReq.envelope;
  return isObject(envelope) ? envelope[key] : undefined;
}
