import { VigieError } from '../../../core/errors.ts';
import { isObject, type JsonObject } from '../../../core/json.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import { goingOn } from '../going-on.ts';
import { inTools } from '../in-tools.ts';
import { answerPlan } from './plan.ts';
import { answerRehearsal } from './rehearse.ts';

interface Input {
  name: string;
  mode: 'plan' | 'rehearse' | 'run';
  inputs: Record<string, unknown>;
}

export interface Answer {
  data: {
    mode: string;
    playbook: string;
    environment: string;
    run?: string;
    status?: string;
    steps?: JsonObject[];
    truncated?: boolean;
    next: string;
  };
  text: string;
}

export async function read(input: Input, context: ToolContext): Promise<Answer> {
  return inTools(() => answer(input, context));
}

async function answer({ name, mode, inputs: given }: Input, context: ToolContext): Promise<Answer> {
  const inputs = isObject(given) ? given : {};
  switch (mode) {
    case 'plan':
      return answerPlan({ name, inputs }, context);
    case 'rehearse':
      return answerRehearsal({ name, inputs }, context);
    case 'run':
      return start({ name, inputs }, context);
  }
}

async function start(
  { name, inputs }: { name: string; inputs: JsonObject },
  { playbooks, environment }: ToolContext,
): Promise<Answer> {
  const started = await playbooks.start({ name, inputs, environment: environment.name });
  if (started === undefined)
    throw new VigieError(
      'CONFLICT',
      `Another run of ${name} has not ended, and the playbook says that then none begins.`,
      { hint: 'playbooks_status without run lists them' },
    );
  const { id } = started;
  const next = goingOn(started);
  return {
    data: { mode: 'run', playbook: name, environment: environment.name, run: id, status: 'started', next },
    text: `run ${id} of ${name} in ${environment.name} is started\n${next}`,
  };
}
