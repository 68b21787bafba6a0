import { VigieError } from '../../core/errors.ts';
import { asStored } from '../../core/trusted-text.ts';

// What an assistant calls where a person types a command. Of what none of its tools does, the command stays.
const tools: readonly [RegExp, string][] = [
  [
    /\bvigie playbooks rehearse (\S+) --environment (\S+)/g,
    'playbooks_run with name $1, environment $2 and mode rehearse',
  ],
  [/\bvigie playbooks show (\S+)/g, 'playbooks_get with name $1'],
  [/\bvigie playbooks list\b/g, 'playbooks_list'],
  [/\bvigie runs show (\S+)/g, 'playbooks_status with run $1'],
  [/\bvigie runs cancel (\S+)/g, 'playbooks_control with run $1 and action cancel'],
  [/\bvigie runs list\b/g, 'playbooks_status without run'],
];

/** Answers, and says in tools what an error's hint says in commands. @throws what `answer` throws */
export async function inTools<T>(answer: () => Promise<T>): Promise<T> {
  try {
    return await answer();
  } catch (error) {
    const { hint } = error instanceof VigieError ? error : {};
    if (!(error instanceof VigieError) || hint === undefined) throw error;
    const told = asStored(
      tools.reduce<string>((text, [command, tool]) => text.replaceAll(command, tool), hint),
    );
    const { code, message, details, retryable } = error;
    throw new VigieError(code, message, { ...(told && { hint: told }), details, retryable, cause: error });
  }
}
