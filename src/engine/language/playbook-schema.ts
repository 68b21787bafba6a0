import * as z from 'zod';
import type { Playbook, PlaybookInput, PlaybookTriggers, Step } from '../../core/playbook.ts';
import {
  args,
  count,
  duration,
  expression,
  json,
  playbookName,
  strict,
  variableName,
} from './steps/fields.ts';

const metadata = strict({
  name: playbookName.describe('Also the name of its folder.'),
  title: z.string().min(1, 'is empty').max(120),
  owner: z.string().min(1, 'is empty').max(120).exactOptional().describe('Who answers for it.'),
  description: z.string().max(2_000).exactOptional(),
});

const input: z.ZodType<PlaybookInput> = strict({
  type: z.enum(['string', 'integer', 'number', 'boolean', 'list', 'object']),
  description: z.string().max(500).exactOptional(),
  required: z.boolean().prefault(false),
  default: json.exactOptional(),
  choices: z.array(json).min(1, 'names none').max(100).exactOptional(),
  min: z.number().exactOptional().describe('Of strings and lists: of their length.'),
  max: z.number().exactOptional(),
});

const handedOver = args.describe('What it gives the inputs.');

const triggers: z.ZodType<PlaybookTriggers> = strict({
  alert: strict({
    match: expression.describe('CEL over `alert`.'),
    dedupe: z.string().max(500).exactOptional().describe('Alerts of the same text start one run.'),
    cooldown: duration('7d').exactOptional(),
    inputs: handedOver,
  }).exactOptional(),
  schedule: strict({
    cron: z.string().max(100).describe('Five fields.'),
    timezone: z.string().max(64).prefault('UTC'),
    missed: z
      .enum(['skip', 'once'])
      .prefault('once')
      .describe('When no worker was there: once runs for the newest moment of the last day.'),
    inputs: handedOver,
  }).exactOptional(),
  event: strict({
    match: expression.describe('CEL over `event`.'),
    namespace: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be the name of a namespace')
      .exactOptional(),
    dedupe: z.string().max(500).exactOptional().describe('Events of the same text start one run.'),
    cooldown: duration('7d').exactOptional(),
    inputs: handedOver,
  }).exactOptional(),
  chat: strict({
    command: z.string().regex(/^[a-z][a-z0-9 -]{0,62}$/, 'must be small letters, digits, dashes and blanks'),
  }).exactOptional(),
  webhook: strict({
    path: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be small letters, digits and dashes'),
    auth: z.enum(['hmac', 'bearer']),
    inputs: handedOver,
  }).exactOptional(),
});

/** How a playbook is written; `steps` is how its steps are. */
export function playbookSchema(steps: z.ZodType<Step[]>): z.ZodType<Playbook> {
  return strict({
    apiVersion: z.literal('vigie/v1', 'must be vigie/v1'),
    kind: z.literal('Playbook', 'must be Playbook'),
    metadata,
    on: triggers.prefault({}).describe('What starts it without a person.'),
    inputs: z.record(variableName, input).prefault({}),
    policy: strict({
      maxTargets: count(1, 100).exactOptional(),
      requireRehearsal: duration('30d').exactOptional(),
    }).prefault({}),
    concurrency: strict({
      key: z.string().min(1, 'is empty').max(500),
      mode: z.enum(['queue', 'replace', 'skip']),
    }).exactOptional(),
    timeout: duration('30d').prefault('1h'),
    steps,
    onFailure: strict({
      undo: z.enum(['completedInReverse', 'none']).prefault('none'),
      steps: steps.default([]),
    }).prefault({}),
    finally: steps.default([]),
  });
}
