import {
  type ListResourcesResult,
  type ListResourceTemplatesResult,
  ProtocolError,
  ProtocolErrorCode,
  type ReadResourceResult,
  ResourceNotFoundError,
} from '@modelcontextprotocol/server';
import type { Actor } from '../core/actor.ts';
import { limits } from '../core/limits.ts';
import { runTool } from '../pipeline/run-tool.ts';
import type { Vigie } from '../pipeline/vigie.ts';
import { narrowVigie } from './narrow-vigie.ts';

const mimeType = 'text/plain';

/** A resource is a tool's answer under an address: it is read by the same call, with the same masking and limits. */
interface Address {
  tool: string;
  uri: string;
  name: string;
  title: string;
  description: string;
}

const addresses: readonly Address[] = [
  {
    tool: 'environments_list',
    uri: 'vigie://environments',
    name: 'environments',
    title: 'Environments',
    description: 'Every configured environment, with what its policy says.',
  },
  {
    tool: 'changes_list',
    uri: 'vigie://changes',
    name: 'changes',
    title: 'Changes',
    description: 'Recorded and waiting changes, newest first.',
  },
];

const templates: readonly Address[] = [
  {
    tool: 'environments_list',
    uri: 'vigie://environments/{name}',
    name: 'environment',
    title: 'One environment',
    description: 'One environment, with what its policy says.',
  },
  {
    tool: 'changes_get',
    uri: 'vigie://changes/{id}',
    name: 'change',
    title: 'One change',
    description: 'One change: its diff, where it stands, its evidence and how to undo it.',
  },
];

/** Only what a tool offered here can answer. */
export function listResources(vigie: Vigie): ListResourcesResult {
  return {
    resources: offered(vigie, addresses).map(({ uri, name, title, description }) => ({
      uri,
      name,
      title,
      description,
      mimeType,
    })),
  };
}

export function listResourceTemplates(vigie: Vigie): ListResourceTemplatesResult {
  return {
    resourceTemplates: offered(vigie, templates).map(({ uri, name, title, description }) => ({
      uriTemplate: uri,
      name,
      title,
      description,
      mimeType,
    })),
  };
}

function offered(vigie: Vigie, list: readonly Address[]): Address[] {
  return list.filter(address => vigie.tools.some(tool => tool.name === address.tool));
}

/** @throws ResourceNotFoundError where the address, or what it names, does not exist. */
export async function readResource(
  vigie: Vigie,
  call: { uri: string; actor: Actor; signal: AbortSignal },
): Promise<ReadResourceResult> {
  const target = targetOf(vigie, call.uri);
  if (target === undefined) throw new ResourceNotFoundError(call.uri);
  const { actor, signal } = call;
  const result = await runTool(target.vigie, {
    tool: target.tool,
    input: target.input,
    actor,
    signal,
    budgetBytes: limits.answerBytes,
  });
  if (result.status !== 'failed') return { contents: [{ uri: call.uri, mimeType, text: result.text }] };
  const { code } = result.data;
  if (typeof code === 'string' && missing.has(code)) throw new ResourceNotFoundError(call.uri);
  throw new ProtocolError(ProtocolErrorCode.InternalError, result.text);
}

const missing: ReadonlySet<string> = new Set([
  'UNKNOWN_TOOL',
  'UNKNOWN_CHANGE',
  'UNKNOWN_ENVIRONMENT',
  'INVALID_INPUT',
]);

function targetOf(
  vigie: Vigie,
  uri: string,
): { vigie: Vigie; tool: string; input: Record<string, unknown> } | undefined {
  const [, kind, name] = /^vigie:\/\/(environments|changes)(?:\/([\w.-]{1,63}))?$/.exec(uri) ?? [];
  if (kind === 'environments') {
    if (name === undefined) return { vigie, tool: 'environments_list', input: {} };
    const narrowed = narrowVigie(vigie, { environments: [name] });
    return narrowed.environments.length === 0
      ? undefined
      : { vigie: narrowed, tool: 'environments_list', input: {} };
  }
  if (kind !== 'changes') return undefined;
  return name === undefined
    ? { vigie, tool: 'changes_list', input: {} }
    : { vigie, tool: 'changes_get', input: { id: name } };
}
