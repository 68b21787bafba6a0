import * as z from 'zod';
import { count, duration, json, playbookName, stepId, strict } from '../language/steps/fields.ts';

// How the cases of a playbook are written: what is broken in which world, and what the run has to come to.

const text = z.string().min(1, 'is empty').max(200, 'must be at most 200 characters');
const object = z.record(z.string(), json);
const code = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'must be a code of docs/findings.md, as OUT_OF_MEMORY');

/** As in vigie.yaml. */
const environmentName = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be a name as prod-eu');

const ref = {
  kind: text,
  name: text,
  namespace: text.exactOptional(),
  apiVersion: text.exactOptional(),
};

/** The shape of what a world has beside another; each part is checked as a world's (src/sandbox/world.ts). */
const ownWorld = strict({
  like: text.prefault('shop').describe('The world that it is made from: shop, faults.'),
  nodes: z.array(object).max(100).exactOptional(),
  images: z
    .array(object)
    .max(200)
    .exactOptional()
    .describe('How images behave; they go before those of the world.'),
  registry: object.exactOptional(),
  missing: z.array(text).max(100).exactOptional(),
  load: z.array(object).max(100).exactOptional(),
  earlier: z.array(object).max(100).exactOptional(),
  objects: z.array(object).max(500).exactOptional(),
});

const verbs = ['fault', 'create', 'patch', 'delete', 'pass'] as const;

const writeFields = {
  fault: text.exactOptional().describe('One of vigie demo --list.'),
  create: object.exactOptional().describe('An object.'),
  patch: strict(ref).exactOptional().describe('What is patched `with` something.'),
  with: object.exactOptional().describe('A strategic merge patch; of custom kinds a merge patch.'),
  status: z.boolean().exactOptional().describe('Patches the status.'),
  delete: strict(ref).exactOptional(),
  pass: duration('30d').exactOptional().describe('So much time goes by.'),
};

type WriteFields = { [verb in (typeof verbs)[number]]?: unknown } & { with?: unknown };

function oneVerb(write: WriteFields, context: z.RefinementCtx): void {
  const named = verbs.filter(verb => write[verb] !== undefined);
  if (named.length !== 1)
    context.addIssue({
      code: 'custom',
      message: 'must do one thing',
      params: { fix: `One of ${verbs.join(', ')}.` },
    });
  if ((write.patch === undefined) !== (write.with === undefined))
    context.addIssue({
      code: 'custom',
      message: 'patch and with go together',
      params: {
        fix: 'For example: {patch: {kind: Deployment, name: web, namespace: shop}, with: {spec: {replicas: 0}}}',
      },
    });
}

const write = strict(writeFields).superRefine(oneVerb);

const expectation = strict({
  status: z.enum(['done', 'failed', 'cancelled']),
  failure: code.exactOptional().describe('Code of why it failed.'),
  healed: z.array(code).max(20).prefault([]).describe('What k8s_diagnose finds before, and not after.'),
  remains: z.array(code).max(20).prefault([]).describe('What it finds before and after.'),
  undone: z.boolean().prefault(false).describe('All that it changed is as before.'),
  asked: count(0, 100).exactOptional().describe('How often people are asked.'),
  steps: z.record(stepId, z.enum(['done', 'failed', 'skipped', 'undone'])).prefault({}),
  report: object.exactOptional().describe('Of what the step `report` sets.'),
  objects: z
    .array(
      strict({
        ...ref,
        field: text.exactOptional().describe('As spec.replicas.'),
        is: json.exactOptional(),
        gone: z.boolean().exactOptional(),
      }),
    )
    .max(50)
    .prefault([]),
});

const oneCase = strict({
  name: text,
  world: z
    .union([text, ownWorld], { error: 'must be the name of a world, or {like: shop, …}' })
    .prefault('shop'),
  fault: z
    .union([text, z.array(write).max(50)], { error: 'must be the name of a fault, or a list of writes' })
    .exactOptional()
    .describe('What is broken before it runs.'),
  meanwhile: z
    .array(strict({ after: duration('7d'), ...writeFields }).superRefine(oneVerb))
    .max(20)
    .prefault([])
    .describe('What happens while it runs.'),
  inputs: object.prefault({}),
  approvals: z.enum(['given', 'refused']).prefault('given'),
  environment: environmentName.exactOptional().describe('What the environment is called. Absent: demo.'),
  unread: z.array(text).max(20).prefault([]).describe('Kinds that Vigie is not let read, as Pod.'),
  secrets: z.array(text).max(20).prefault([]).describe('Aliases of secrets; each stands for a placeholder.'),
  expect: expectation,
});

export const casesSchema = strict({
  apiVersion: z.literal('vigie/v1', 'must be vigie/v1'),
  kind: z.literal('PlaybookTest', 'must be PlaybookTest'),
  playbook: playbookName.exactOptional().describe('Of its folder, for people.'),
  cases: z.array(oneCase).min(1, 'names none').max(100),
});

export type PlaybookCase = z.output<typeof oneCase>;
export type CaseWrite = z.output<typeof write>;
