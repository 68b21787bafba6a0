import { VigieError } from '../../../core/errors.ts';
import { trusted } from '../../../core/trusted-text.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import { goingOn } from '../going-on.ts';
import { inTools } from '../in-tools.ts';

interface Answer {
  data: { run: string; status: string; retryOf?: string; next: string };
  text: string;
}

interface Input {
  run: string;
  action: 'cancel' | 'pause' | 'resume' | 'retry';
  from?: string | undefined;
}

export async function read(input: Input, context: ToolContext): Promise<Answer> {
  return inTools(() => control(input, context));
}

async function control({ run, action, from }: Input, { playbooks }: ToolContext): Promise<Answer> {
  if (from !== undefined && action !== 'retry')
    throw new VigieError('INVALID_INPUT', 'from goes with action retry alone.');
  switch (action) {
    case 'cancel':
    case 'pause': {
      await playbooks.ask(run, action);
      const { status } = await playbooks.run(run);
      return answerOf({
        run,
        // It is under way, or somebody has to take it up first.
        status: status === 'paused' ? status : `asked to ${action}`,
        next: trusted`playbooks_status with run ${run} and waitSeconds`,
      });
    }
    case 'resume': {
      const { goesOnHere } = await playbooks.resume(run);
      const { status } = await playbooks.run(run);
      return answerOf({ run, status, next: goingOn({ id: run, goesOnHere }) });
    }
    case 'retry': {
      const fresh = await playbooks.retry(run, from === undefined ? {} : { from });
      const { status } = await playbooks.run(fresh.id);
      return answerOf({ run: fresh.id, status, retryOf: run, next: goingOn(fresh) });
    }
  }
}

function answerOf(data: Answer['data']): Answer {
  const { run, status, retryOf, next } = data;
  const again = retryOf === undefined ? '' : `, which runs ${retryOf} again`;
  return { data, text: `run ${run}${again}: ${status}\n${next}` };
}
