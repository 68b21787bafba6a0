import * as z from 'zod';
import { VigieError } from '../core/errors.ts';
import { type JsonObject, plainText } from '../core/json.ts';
import { nearestNames } from '../core/nearest.ts';
import { trusted } from '../core/trusted-text.ts';
import type { Issue, Tool } from '../toolkit/tool.ts';
import type { Environment, Vigie } from './vigie.ts';

/** The tool of that name. @throws VigieError UNKNOWN_TOOL with the three nearest. */
export function lookUp(tools: readonly Tool[], name: string): Tool {
  const tool = tools.find(candidate => candidate.name === name);
  if (tool !== undefined) return tool;
  const nearest = nearestNames(
    name,
    tools.map(candidate => candidate.name),
  );
  throw new VigieError('UNKNOWN_TOOL', `There is no tool ${JSON.stringify(name.slice(0, 64))}.`, {
    hint: nearest.length === 0 ? 'List the tools first.' : trusted`Did you mean ${nearest}?`,
    details: { nearest },
  });
}

/** One line a field, with the nearest name for an unknown one. */
export function invalidInput(tool: Tool, issues: readonly Issue[]): VigieError {
  const known = Object.keys(tool.input.shape);
  const lines = issues.slice(0, 20).map(issue => {
    const unknown = /^Unrecognized keys?: (.+)$/.exec(issue.message)?.[1];
    const name = unknown === undefined ? undefined : /"([^"]+)"/.exec(unknown)?.[1];
    const nearest = name === undefined || issue.field !== '' ? [] : nearestNames(name, known);
    const guess = nearest[0] === undefined ? '' : ` (did you mean ${nearest[0]}?)`;
    const form = /expected object\b/.test(issue.message) ? formOf(tool, issue.field) : '';
    return `${issue.field === '' ? '' : `${issue.field}: `}${issue.message}${form}${guess}`;
  });
  return new VigieError('INVALID_INPUT', `${tool.name} cannot be called so: ${lines.join('; ')}`, {
    hint: trusted`It takes ${known}.`,
    details: { issues: lines },
  });
}

/** What an object that a tool takes is made of: ` {kind, name, namespace?}`; empty for a field further in. */
function formOf({ input }: Tool, field: string): string {
  const schema = Object.hasOwn(input.shape, field) ? input.shape[field] : undefined;
  if (!(schema instanceof z.ZodObject)) return '';
  const members = Object.entries(schema.shape).map(
    ([name, member]) => `${name}${member.safeParse(undefined).success ? '?' : ''}`,
  );
  return `; it is {${members.join(', ')}}`;
}

const noneHint =
  'Name one under environments in vigie.yaml, or have one written where there is no file: vigie init';

/** The environment a call names, or the only one. @throws VigieError UNKNOWN_ENVIRONMENT */
export function environmentOf(vigie: Vigie, input: JsonObject): Environment {
  const named = input['environment'];
  const names = vigie.environments.map(environment => environment.view.name);
  if (named === undefined) {
    const [only, ...others] = vigie.environments;
    if (only !== undefined && others.length === 0) return only;
    throw new VigieError(
      'UNKNOWN_ENVIRONMENT',
      only === undefined
        ? 'No environment is configured.'
        : `Which environment? There are ${names.join(', ')}.`,
      {
        hint: only === undefined ? noneHint : 'Name one with the argument environment.',
        details: { environments: names },
      },
    );
  }
  const found = vigie.environments.find(environment => environment.view.name === named);
  if (found !== undefined) return found;
  throw new VigieError(
    'UNKNOWN_ENVIRONMENT',
    `There is no environment ${JSON.stringify(plainText(named).slice(0, 64))}.`,
    {
      hint: names.length === 0 ? noneHint : trusted`Configured: ${names}.`,
      details: { environments: names },
    },
  );
}
