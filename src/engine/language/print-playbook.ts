import type { Json, JsonObject } from '../../core/json.ts';
import type { Playbook, Step } from '../../core/playbook.ts';

/** A playbook as YAML, in one way: what reads the same is printed the same, and read again is the same. */
export async function printPlaybook(playbook: Playbook): Promise<string> {
  const { Document } = await import('yaml');
  const written = writtenPlaybook(playbook);
  return new Document(written, { aliasDuplicateObjects: false, schema: 'core' }).toString({ lineWidth: 0 });
}

/** A playbook as the mapping that its file would hold, without what is empty. */
export function writtenPlaybook({ steps, onFailure, finally: last, ...rest }: Playbook): JsonObject {
  const parts = {
    ...rest,
    steps: steps.map(writtenStep),
    ...(onFailure.undo === 'none' && onFailure.steps.length === 0
      ? {}
      : { onFailure: { ...onFailure, ...listed('steps', onFailure.steps) } }),
    ...listed('finally', last),
  };
  return withoutEmpty(parts);
}

const mayBeEmpty = ['on', 'inputs', 'policy'] as const;

function withoutEmpty(parts: object): JsonObject {
  const entries: [string, Json][] = Object.entries(parts);
  return Object.fromEntries(
    entries.filter(
      ([key, value]) =>
        !mayBeEmpty.some(each => each === key) ||
        (typeof value === 'object' && value !== null && Object.keys(value).length > 0),
    ),
  );
}

function listed(key: string, steps: readonly Step[]): JsonObject {
  return { [key]: steps.length === 0 ? undefined : steps.map(writtenStep) };
}

function writtenStep(step: Step): JsonObject {
  switch (step.verb) {
    case 'foreach': {
      const { verb: _verb, each, ...rest } = step;
      return asJson(
        'steps' in each ? { ...rest, steps: each.steps.map(writtenStep) } : { ...rest, ...each.action },
      );
    }
    case 'parallel': {
      const { verb: _verb, parallel, ...rest } = step;
      const branches = parallel.branches.map(({ id, steps }) => ({ id, steps: steps.map(writtenStep) }));
      return asJson({ ...rest, parallel: { ...parallel, branches } });
    }
    case 'tool':
    case 'approval':
    case 'playbook':
    case 'wait':
    case 'set': {
      const { verb: _verb, ...rest } = step;
      return asJson(rest);
    }
  }
}

/** The JSON border: a definition holds nothing that JSON does not. */
function asJson(value: object): JsonObject {
  return value as JsonObject;
}
