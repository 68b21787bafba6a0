import type { PlaybookAction } from '../../../core/playbook.ts';
import type { Tool } from '../../../toolkit/tool.ts';
import type { Place } from '../read-playbook.ts';
import { checkCall } from './check-call.ts';
import { checkRead } from './check-read.ts';
import { type Flow, withSure } from './flow.ts';
import type { Surroundings } from './surroundings.ts';

/** One call with what surrounds it. */
export async function checkAction(
  around: Surroundings,
  { action, place, id }: { action: PlaybookAction; place: Place; id?: string | undefined },
  flow: Flow,
): Promise<void> {
  const tool = await checkCall(around, { call: action, place }, flow);
  if (tool !== undefined) checkSurplus(around, { tool, action, place });
  if (action.verify !== undefined)
    await checkRead(around, { check: action.verify, place: [...place, 'verify'] }, flow);
  if (action.undo !== undefined && action.undo !== 'none')
    await checkCall(
      around,
      {
        call: action.undo,
        place: [...place, 'undo'],
        must: { be: 'change', why: 'only reads, and takes nothing back', fix: 'Name a tool that changes.' },
      },
      // Only what was done is taken back.
      withSure(flow, id === undefined ? [] : [id]),
    );
}

/** What a step has around its call and what never does anything. */
function checkSurplus(
  { report }: Surroundings,
  { tool, action, place }: { tool: Tool; action: PlaybookAction; place: Place },
): void {
  const { retry, verify, undo } = action;
  if (retry?.attempts === 1)
    report.add([...place, 'retry', 'attempts'], {
      message: 'one attempt is no retry',
      fix: 'Write 2 or more, or leave retry out.',
    });
  if (tool.kind === 'change') return;
  for (const [index, cause] of (retry?.on ?? []).entries()) {
    if (cause !== 'unverified' && cause !== 'plan_changed') continue;
    report.add([...place, 'retry', 'on', index], {
      message: `${tool.name} only reads, and never ends as ${cause}`,
      fix: 'Leave it out; what reads ends as failed or transient.',
    });
  }
  if (undo !== undefined)
    report.add([...place, 'undo'], {
      message: `${tool.name} only reads: there is nothing to undo`,
      fix: 'Leave undo out.',
    });
  if (verify !== undefined)
    report.add([...place, 'verify'], {
      message: `${tool.name} only reads: there is nothing to verify`,
      fix: 'Leave verify out; to wait until a read answers something: wait: {tool: …, until: …}',
    });
}
