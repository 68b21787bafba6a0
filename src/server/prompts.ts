import {
  type CompleteRequest,
  type CompleteResult,
  type GetPromptRequest,
  type GetPromptResult,
  type ListPromptsResult,
  ProtocolError,
  ProtocolErrorCode,
} from '@modelcontextprotocol/server';
import type { Vigie } from '../pipeline/vigie.ts';
import { prompts } from '../prompts/index.ts';
import { type Prompt, renderPrompt } from '../prompts/prompt.ts';
import { recentChanges } from './change-feed.ts';
import { serverLimits } from './limits.ts';

export function listPrompts(): ListPromptsResult {
  return {
    prompts: prompts.map(prompt => ({
      name: prompt.name,
      title: prompt.title,
      description: prompt.description,
      arguments: prompt.arguments.map(({ name, description, required }) => ({ name, description, required })),
    })),
  };
}

/** A prompt's text, with the caller's arguments in their places. A required argument must be there. */
export function getPrompt(request: GetPromptRequest): GetPromptResult {
  const prompt = promptNamed(request.params.name);
  const values = request.params.arguments ?? {};
  const missing = prompt.arguments.filter(one => one.required && !values[one.name]?.trim());
  if (missing.length > 0) {
    const names = missing.map(one => one.name).join(', ');
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `The prompt ${prompt.name} needs: ${names}.`);
  }
  return {
    description: prompt.description,
    messages: [{ role: 'user', content: { type: 'text', text: renderPrompt(prompt, values) } }],
  };
}

function promptNamed(name: string): Prompt {
  const prompt = prompts.find(one => one.name === name);
  if (prompt !== undefined) return prompt;
  const known = prompts.map(one => one.name).join(', ');
  throw new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `There is no prompt ${name}. There are: ${known}.`,
  );
}

/** Values for an argument of a prompt or of a resource's address, by what stands there already. */
export async function complete(
  open: () => Promise<Vigie>,
  request: CompleteRequest,
): Promise<CompleteResult> {
  const { ref, argument } = request.params;
  const source =
    ref.type === 'ref/prompt'
      ? promptNamed(ref.name).arguments.find(one => one.name === argument.name)?.completes
      : sourceOfAddress(ref.uri);
  const all = source === undefined ? [] : await valuesOf(await open(), source);
  const fitting = all.filter(value => value.startsWith(argument.value));
  const values = fitting.slice(0, serverLimits.completions);
  return { completion: { values, total: fitting.length, hasMore: fitting.length > values.length } };
}

function sourceOfAddress(uri: string): 'environment' | 'change' | undefined {
  if (uri.startsWith('vigie://environments/')) return 'environment';
  return uri.startsWith('vigie://changes/') ? 'change' : undefined;
}

async function valuesOf(vigie: Vigie, source: 'environment' | 'change'): Promise<string[]> {
  if (source === 'environment') return vigie.environments.map(one => one.view.name);
  return (await recentChanges(vigie)).map(one => one.id);
}
