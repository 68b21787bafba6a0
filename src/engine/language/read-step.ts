import * as z from 'zod';
import { isObject } from '../../core/json.ts';
import type { Step } from '../../core/playbook.ts';
import { trusted } from '../../core/trusted-text.ts';
import { caps } from './caps.ts';
import { NearNames } from './near-names.ts';
import { verbs } from './steps/index.ts';
import type { Kit } from './steps/kit.ts';

/** The steps of one playbook as they are read: each by the schema of its verb, counted, and not too deep. */
export function stepsReader(): z.ZodType<Step[]> {
  let depth = 0;
  let count = 0;
  const near = new NearNames();
  const step = z.unknown().transform((raw, context): Step => {
    count += 1;
    // Told once: whoever has too many has many too many.
    if (count === caps.steps + 1) return refuse(context, raw, tooMany);
    if (count > caps.steps) return z.NEVER;
    const chosen = chooseVerb(raw);
    if ('problem' in chosen) return refuse(context, raw, chosen);
    if (depth >= caps.depth) return refuse(context, raw, tooDeep);
    depth += 1;
    try {
      return readWith(chosen.schema, raw, context);
    } finally {
      depth -= 1;
    }
  });
  const steps = z.array(step).min(1, 'has no step').max(caps.steps, `has more than ${caps.steps} steps`);
  const kit: Kit = {
    steps,
    oneOf: forms =>
      z.unknown().transform((raw, context) => {
        const form = forms.find(({ key }) => isObject(raw) && Object.hasOwn(raw, key)) ?? forms.at(-1);
        return form === undefined ? z.NEVER : readWith(form.schema, raw, context);
      }),
  };
  const schemas = new Map(verbs.map(verb => [verb.key, verb.schema(kit)]));
  return steps;

  function chooseVerb(raw: unknown): { schema: z.ZodType<Step> } | Problem {
    if (!isObject(raw)) return noStep;
    const named = verbs.map(({ key }) => key).filter(key => Object.hasOwn(raw, key));
    if (Object.hasOwn(raw, 'agent')) return noAgent;
    const [first, ...others] = named;
    const second = others.find(key => first !== 'foreach' || key !== 'tool');
    if (second !== undefined)
      return {
        path: [second],
        problem: `a step has one verb, and this has ${first} and ${second}`,
        fix: 'Make two steps of it.',
      };
    const schema = schemas.get(first ?? '');
    if (schema !== undefined) return { schema };
    const keys = verbs.map(({ key }) => key);
    const meant = Object.keys(raw).flatMap(key => near.of(key, keys).slice(0, 1));
    return {
      path: [],
      problem: 'a step says what it does by one verb, and this has none',
      fix: meant.length > 0 ? trusted`Did you mean ${meant}?` : trusted`Verbs: ${keys}.`,
    };
  }
}

/** What is wrong with a step as a whole. */
interface Problem {
  path: string[];
  problem: string;
  fix: string;
}

const noStep: Problem = {
  path: [],
  problem: 'a step must be a mapping with one verb',
  fix: 'For example: - {id: look, tool: k8s_diagnose}',
};
const noAgent: Problem = {
  path: ['agent'],
  problem: 'the verb agent is not available yet',
  fix: 'Use a tool, or an approval for what a person must judge.',
};
const tooMany: Problem = {
  path: [],
  problem: `a playbook has at most ${caps.steps} steps`,
  fix: 'Move some to a playbook of their own, and call it: playbook: NAME',
};
const tooDeep: Problem = {
  path: [],
  problem: `steps stand in steps at most ${caps.depth} levels deep`,
  fix: 'Move the inner ones to a playbook of their own, and call it: playbook: NAME',
};

function refuse(context: z.core.$RefinementCtx, input: unknown, { path, problem, fix }: Problem): never {
  context.issues.push({ code: 'custom', path, message: problem, params: { fix }, input });
  return z.NEVER;
}

/** Reads by another schema, whose faults become those of this one. */
function readWith<T>(schema: z.ZodType<T>, input: unknown, context: z.core.$RefinementCtx): T {
  const read = schema.safeParse(input);
  if (read.success) return read.data;
  for (const { path, ...issue } of read.error.issues)
    context.issues.push({ ...issue, path: [...path], input } as z.core.$ZodRawIssue);
  return z.NEVER;
}
