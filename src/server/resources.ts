import {
  type ListResourcesResult,
  type ListResourceTemplatesResult,
  ProtocolError,
  ProtocolErrorCode,
  type ReadResourceResult,
  ResourceNotFoundError,
} from '@modelcontextprotocol/server';
import type { Actor } from '../core/actor.ts';
import type { JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { runTool } from '../pipeline/run-tool.ts';
import type { Vigie } from '../pipeline/vigie.ts';
import { untrusted } from './answer.ts';
import { serverLimits } from './limits.ts';
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
  {
    tool: 'playbooks_status',
    uri: 'vigie://runs',
    name: 'runs',
    title: 'Runs of playbooks',
    description: 'The newest runs of playbooks.',
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
  {
    tool: 'playbooks_status',
    uri: 'vigie://runs/{id}',
    name: 'run',
    title: 'One run of a playbook',
    description: 'One run: its steps, what it waits for and what it changed.',
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

interface Read {
  vigie: Vigie;
  tool: string;
  input: JsonObject;
}

/** @throws ResourceNotFoundError where the address, or what it names, does not exist. */
export async function readResource(
  vigie: Vigie,
  call: { uri: string; actor: Actor; signal: AbortSignal },
): Promise<ReadResourceResult> {
  const { uri, actor, signal } = call;
  const reads = readsOf(vigie, uri);
  if (reads === undefined) throw new ResourceNotFoundError(uri);
  const budgetBytes = Math.floor((limits.answerBytes - serverLimits.envelopeBytes) / (reads.length || 1));
  const results = await Promise.all(
    reads.map(({ vigie, tool, input }) => runTool(vigie, { tool, input, actor, signal, budgetBytes })),
  );
  const failed = results.find(result => result.status === 'failed');
  if (failed === undefined)
    return { contents: results.map(({ text }) => ({ ...untrusted, uri, mimeType, text })) };
  const { code } = failed.data;
  if (typeof code === 'string' && missing.has(code)) throw new ResourceNotFoundError(uri);
  throw new ProtocolError(ProtocolErrorCode.InternalError, failed.text);
}

const missing: ReadonlySet<string> = new Set([
  'UNKNOWN_TOOL',
  'UNKNOWN_CHANGE',
  'NOT_FOUND',
  'INVALID_INPUT',
]);

/** The calls that answer an address, the changes of each environment by one; undefined: there is no such resource. */
function readsOf(vigie: Vigie, uri: string): Read[] | undefined {
  const [, kind, name] = /^vigie:\/\/(environments|changes|runs)(?:\/([\w.-]{1,63}))?$/.exec(uri) ?? [];
  if (kind === 'environments') {
    const narrowed = name === undefined ? vigie : narrowVigie(vigie, { environments: [name] });
    const known = name === undefined || narrowed.environments.length > 0;
    return known ? [{ vigie: narrowed, tool: 'environments_list', input: {} }] : undefined;
  }
  if (kind === 'runs')
    return [{ vigie, tool: 'playbooks_status', input: name === undefined ? {} : { run: name } }];
  if (kind !== 'changes') return undefined;
  if (name !== undefined) return [{ vigie, tool: 'changes_get', input: { id: name } }];
  return vigie.environments.map(one => ({
    vigie,
    tool: 'changes_list',
    input: { environment: one.view.name },
  }));
}
