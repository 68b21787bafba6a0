import { loadText } from './load-text.ts';

/** One argument of a prompt. */
interface PromptArgument {
  name: string;
  description: string;
  required: boolean;
  /** What its values can be completed from. */
  completes?: 'environment' | 'change';
  /** Stands in the text where the argument was left out. */
  absent: string;
}

/** A prompt is data: a text with `{{argument}}` places, under the same name. */
export interface Prompt {
  /** snake_case; its text is the same name in kebab-case. */
  name: string;
  title: string;
  description: string;
  arguments: readonly PromptArgument[];
}

/** A longer value is no symptom or name but a document, which belongs into a tool's input. */
const argumentChars = 4_000;

/** The prompt's text with its arguments in place. A value is put in once and never looked through for further places. */
export function renderPrompt(prompt: Prompt, values: Readonly<Record<string, string>>): string {
  const places = prompt.arguments.map(({ name, absent }): [string, string] => {
    const value = Object.hasOwn(values, name) ? values[name]?.trim() : undefined;
    return [name, (value || absent).slice(0, argumentChars)];
  });
  return fillPlaces(prompt.name.replaceAll('_', '-'), Object.fromEntries(places));
}

/** A text of this folder with its places filled; one that is not named stays empty. */
export function fillPlaces(text: string, places: Readonly<Record<string, string>>): string {
  return loadText(text).replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) =>
    Object.hasOwn(places, name) ? (places[name] ?? '') : '',
  );
}
