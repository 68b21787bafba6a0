import { VigieError } from '../../../core/errors.ts';
import { trusted } from '../../../core/trusted-text.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import { goingOn } from '../going-on.ts';

interface Answer {
  data: { run: string; status: string; retryOf?: string; next: string };
  text: string;
}

export async function read(
  {
    run,
    action,
    from,
  }: { run: string; action: 'cancel' | 'pause' | 'resume' | 'retry'; from?: string | undefined },
  { playbooks }: ToolContext,
): Promise<Answer> {
  if (from !== undefined && action !== 'retry')
    throw new VigieError('INVALID_INPUT', 'from goes with action retry alone.');
  switch (action) {
    case 'cancel':
    case 'pause': {
      await playbooks.ask(run, action);
      const { status } = await playbooks.run(run);
      return answerOf({ run, status, next: trusted`playbooks_status with run ${run} and waitSeconds` });
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
