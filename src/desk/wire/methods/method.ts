import type * as z from 'zod';
import { VigieError } from '../../../core/errors.ts';
import type { AgentDesk, ApproverDesk, Doing } from '../../desk.ts';

/** One call that a desk takes over a socket. */
export interface Method {
  name: string;
  /** Whose socket it is for; what is the agents' is the approvers' too. */
  desk: 'agent' | 'approver';
  /** Checks the parameters and calls the desk. The answer is JSON. @throws VigieError INVALID_INPUT */
  call(desk: ApproverDesk, params: unknown, doing: Doing): Promise<unknown>;
}

interface Definition<Schema extends z.ZodType, Desk> {
  name: string;
  params: Schema;
  call(desk: Desk, params: z.output<Schema>, doing: Doing): Promise<unknown>;
}

export function defineAgentMethod<Schema extends z.ZodType>(
  definition: Definition<Schema, AgentDesk>,
): Method {
  return { ...defined(definition), desk: 'agent' };
}

export function defineApproverMethod<Schema extends z.ZodType>(
  definition: Definition<Schema, ApproverDesk>,
): Method {
  return { ...defined(definition), desk: 'approver' };
}

function defined<Schema extends z.ZodType>(
  definition: Definition<Schema, ApproverDesk>,
): Pick<Method, 'name' | 'call'> {
  const { name, params: schema } = definition;
  return {
    name,
    call: async (desk, params, doing) => {
      const parsed = schema.safeParse(params);
      if (parsed.success) return definition.call(desk, parsed.data, doing);
      throw new VigieError('INVALID_INPUT', `${name} cannot be asked of the daemon so.`, {
        hint: 'The two may be of different versions: vigie doctor',
        details: { issues: parsed.error.issues.slice(0, mostIssues).map(issueText) },
      });
    },
  };
}

/** Nobody reads more. */
const mostIssues = 10;

function issueText({ path, message }: z.core.$ZodIssue): string {
  return `${path.map(String).join('.')}: ${message}`;
}
