import type { Prompt } from './prompt.ts';

const environment = {
  name: 'environment',
  description: 'Name of the environment.',
  required: false,
  completes: 'environment',
  absent: '(the only one, or ask)',
} as const;

const namespace = {
  name: 'namespace',
  description: 'Where to look.',
  required: false,
  absent: '(any of the environment)',
} as const;

/** Every prompt that is offered, in the order it is listed. */
export const prompts: readonly Prompt[] = [
  {
    name: 'investigate',
    title: 'Investigate a problem',
    description: 'Find the cause of a symptom by reading only, and propose one change.',
    arguments: [
      {
        name: 'symptom',
        description: 'What is wrong, as it was noticed.',
        required: true,
        absent: '(nothing specific: look for whatever is unhealthy)',
      },
      environment,
      namespace,
    ],
  },
  {
    name: 'diagnose',
    title: 'Diagnose and heal',
    description: 'Find what is wrong by rules, and bring its fix as far as a person who decides.',
    arguments: [
      {
        name: 'about',
        description: 'An object, or what is wrong.',
        required: false,
        absent: '(all there is)',
      },
      environment,
      namespace,
    ],
  },
  {
    name: 'deploy',
    title: 'Deploy something',
    description: 'Apply a manifest or a described change with its preview, approval and check.',
    arguments: [
      {
        name: 'what',
        description: 'The manifest, or what to change.',
        required: true,
        absent: '(ask what to deploy)',
      },
      environment,
    ],
  },
  {
    name: 'explain_change',
    title: 'Explain a change',
    description: 'Say in plain words what a recorded or waiting change does and where it stands.',
    arguments: [
      {
        name: 'id',
        description: 'Id of the change.',
        required: true,
        completes: 'change',
        absent: '(the newest in changes_list)',
      },
    ],
  },
];
