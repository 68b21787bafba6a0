import type { Playbook, PlaybookInput } from '../core/playbook.ts';
import { cleanLine, cleanText, cutText } from '../core/text.ts';
import { fillPlaces } from './prompt.ts';

const titleChars = 120;
const descriptionChars = 300;
/** Of what a file says that it is for; all of it is in playbooks_get. */
const purposeChars = 1_000;
/** More arguments than a client's form shows. */
const mostArguments = 30;
const valueChars = 4_000;

/** A playbook as a prompt: its inputs are the arguments, and the text is Vigie's own. */
export interface PlaybookPrompt {
  name: string;
  title: string;
  description: string;
  arguments: {
    name: string;
    description: string;
    required: boolean;
    values: string[] | 'environment' | 'change';
  }[];
  render(values: Readonly<Record<string, string>>): string;
}

/** Tells prompts that are made of playbooks from the others. */
const prefix = 'playbook_';

/** The playbook that a prompt of this name is about; undefined: it is about none. */
export function playbookOfPrompt(name: string): string | undefined {
  return name.startsWith(prefix) ? name.slice(prefix.length).replaceAll('_', '-') : undefined;
}

export function playbookPrompt({ metadata, inputs }: Playbook): PlaybookPrompt {
  const { name, title, description = '' } = metadata;
  const own = Object.entries(inputs).slice(0, mostArguments).map(argumentOf);
  // An input of that name takes its place; the call is asked for the environment then.
  const place = Object.hasOwn(inputs, 'environment') ? [] : [environment];
  return {
    name: `${prefix}${name.replaceAll('-', '_')}`,
    title: cleanLine(title, titleChars),
    description: cleanLine(`Playbook ${name}: ${description || title}`, descriptionChars),
    arguments: [...own, ...place],
    render: values => {
      const given = own.flatMap(({ name: input }) => {
        const value = Object.hasOwn(values, input) ? values[input]?.trim() : undefined;
        return value === undefined || value === '' ? [] : [`${input}: ${plain(value)}`];
      });
      const at = place.length === 0 ? undefined : values['environment']?.trim();
      return fillPlaces('run-playbook', {
        playbook: name,
        purpose: plain(cleanLine(`${title}. ${description}`, purposeChars)),
        environment: at ? plain(at) : '(the only one, or ask)',
        inputs: given.length === 0 ? '(none)' : given.join('\n'),
      });
    },
  };
}

const environment = {
  name: 'environment',
  description: 'Name of the environment.',
  required: false,
  values: 'environment',
} as const;

function argumentOf([name, { type, description, required, choices = [] }]: [string, PlaybookInput]) {
  const about = description === undefined ? type : `${description} (${type})`;
  return {
    name,
    description: cleanLine(about, descriptionChars),
    required,
    values: choices.map(choice => (typeof choice === 'string' ? choice : JSON.stringify(choice))),
  };
}

/** It stands between marks that it must not close. */
function plain(text: string): string {
  return cutText(cleanText(text), valueChars).replaceAll(/[<>]/g, ' ');
}
