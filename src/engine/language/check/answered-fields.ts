import type { PlaybookCall } from '../../../core/playbook.ts';
import { askingOf } from '../../../toolkit/asked-field.ts';
import type { Tool } from '../../../toolkit/tool.ts';
import { readTemplate } from '../expressions/template.ts';

/** The keys of what a step answers. */
export interface AnsweredFields {
  names: readonly string[];
  /** Those that its arguments do not ask for, each with what would: `format: json`. */
  unasked: ReadonlyMap<string, string>;
}

/** Keys that are there whatever the arguments are. */
export function always(names: readonly string[]): AnsweredFields {
  return { names, unasked: new Map() };
}

/** What a call of a tool answers. What an argument is worked out to be is not known: it may ask for everything. */
export function answeredFields(tool: Tool, given: PlaybookCall['with']): AnsweredFields {
  const names = Object.keys(tool.output.shape);
  const unasked = names.flatMap(name => {
    const asking = askingOf(tool, name);
    if (asking === undefined) return [];
    const { argument, value = '…' } = asking;
    const now = given[argument];
    const may = typeof now === 'string' && readTemplate(now).embedded.length > 0;
    const asked = asking.value === undefined ? now !== undefined : now === asking.value;
    return may || asked ? [] : [[name, `${argument}: ${value}`] as const];
  });
  return { names, unasked: new Map(unasked) };
}
