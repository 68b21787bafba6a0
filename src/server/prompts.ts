import {
  type CompleteRequest,
  type CompleteResult,
  type GetPromptRequest,
  type GetPromptResult,
  type ListPromptsResult,
  ProtocolError,
  ProtocolErrorCode,
} from '@modelcontextprotocol/server';
import { VigieError } from '../core/errors.ts';
import type { Vigie } from '../pipeline/vigie.ts';
import { prompts } from '../prompts/index.ts';
import { type PlaybookPrompt, playbookOfPrompt, playbookPrompt } from '../prompts/playbook-prompt.ts';
import { renderPrompt } from '../prompts/prompt.ts';
import { serverLimits } from './limits.ts';
import { changeMarks, runMarks } from './recent-marks.ts';

type Open = () => Promise<Vigie>;

/** Vigie's own, and one for each playbook that can be run from here; without `open` none can. */
export async function listPrompts(open: Open | undefined): Promise<ListPromptsResult> {
  // What is wrong with the configuration or a folder, the first call tells; the menu is there in any case.
  const made =
    open === undefined
      ? []
      : await playbookPrompts(open).catch((error: unknown): PlaybookPrompt[] => {
          if (error instanceof VigieError) return [];
          throw error;
        });
  return {
    prompts: [...prompts, ...made].map(prompt => ({
      name: prompt.name,
      title: prompt.title,
      description: prompt.description,
      arguments: prompt.arguments.map(({ name, description, required }) => ({ name, description, required })),
    })),
  };
}

/** A prompt's text, with the caller's arguments in their places. A required argument must be there. */
export async function getPrompt(open: Open, request: GetPromptRequest): Promise<GetPromptResult> {
  const prompt = await promptNamed(open, request.params.name);
  const values = request.params.arguments ?? {};
  const missing = prompt.arguments.filter(
    one => one.required && !(Object.hasOwn(values, one.name) && values[one.name]?.trim()),
  );
  if (missing.length > 0) {
    const names = missing.map(one => one.name).join(', ');
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `The prompt ${prompt.name} needs: ${names}.`);
  }
  return {
    description: prompt.description,
    messages: [{ role: 'user', content: { type: 'text', text: prompt.render(values) } }],
  };
}

async function promptNamed(open: Open, name: string): Promise<PlaybookPrompt> {
  const own = prompts.find(one => one.name === name);
  if (own !== undefined) {
    const { title, description } = own;
    return {
      name,
      title,
      description,
      arguments: own.arguments.map(({ completes, ...rest }) => ({ ...rest, values: completes ?? [] })),
      render: values => renderPrompt(own, values),
    };
  }
  const made = playbookOfPrompt(name) === undefined ? [] : await playbookPrompts(open);
  const found = made.find(one => one.name === name);
  if (found !== undefined) return found;
  const known = [...prompts, ...made].map(one => one.name).join(', ');
  throw new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `There is no prompt ${name}. There are: ${known}.`,
  );
}

async function playbookPrompts(open: Open): Promise<PlaybookPrompt[]> {
  const vigie = await open();
  if (!vigie.tools.some(({ name }) => name === 'playbooks_run')) return [];
  const all = await (await vigie.playbooks()).list();
  return all
    .flatMap(({ playbook, mistakes }) => (playbook === undefined || mistakes.length > 0 ? [] : [playbook]))
    .slice(0, serverLimits.playbookPrompts)
    .map(playbookPrompt);
}

/** Values for an argument of a prompt or of a resource's address, by what stands there already. */
export async function complete(open: Open, request: CompleteRequest): Promise<CompleteResult> {
  const { ref, argument } = request.params;
  const source =
    ref.type === 'ref/prompt'
      ? ((await promptNamed(open, ref.name)).arguments.find(one => one.name === argument.name)?.values ?? [])
      : sourceOfAddress(ref.uri);
  const all = typeof source === 'string' ? await valuesOf(await open(), source) : source;
  const fitting = all.filter(value => value.startsWith(argument.value));
  const values = fitting.slice(0, serverLimits.completions);
  return { completion: { values, total: fitting.length, hasMore: fitting.length > values.length } };
}

type Source = 'environment' | 'change' | 'run';

function sourceOfAddress(uri: string): Source | string[] {
  if (uri.startsWith('vigie://environments/')) return 'environment';
  if (uri.startsWith('vigie://runs/')) return 'run';
  return uri.startsWith('vigie://changes/') ? 'change' : [];
}

async function valuesOf(vigie: Vigie, source: Source): Promise<string[]> {
  if (source === 'environment') return vigie.environments.map(one => one.view.name);
  return [...(await (source === 'run' ? runMarks : changeMarks)(vigie)).keys()];
}
