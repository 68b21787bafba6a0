import { VigieError } from '../../../core/errors.ts';
import { describeRef, type Ref } from '../../../core/ref.ts';
import type { Look } from '../../../diagnosis/collect/look.ts';
import type { Diagnosis } from '../../../diagnosis/diagnose.ts';
import { watchFindings } from '../../../diagnosis/watch.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';

/** Says each finding when it appears and when it clears, to a terminal, until the call is stopped; answers how things stood. */
export async function watchAndSay(
  look: Look,
  { about, context }: { about: Ref | undefined; context: ToolContext },
): Promise<Diagnosis> {
  const { stream, signal } = context;
  if (stream === undefined)
    throw new VigieError('INVALID_INPUT', 'watch: only a terminal can follow findings as they come', {
      hint: 'Leave watch out, and ask again later.',
      details: { issues: [{ field: 'watch', message: 'only on a terminal' }] },
    });
  let last: Diagnosis = { findings: [], notes: [], notChecked: [] };
  const turns = watchFindings(look, {
    ...(about === undefined ? {} : { about }),
    signal,
    say: line => stream(`! ${line}`),
  });
  for await (const { appeared, cleared, diagnosis } of turns) {
    last = diagnosis;
    for (const { code, object, summary } of appeared) stream(`+ ${code} ${describeRef(object)}: ${summary}`);
    for (const { code, object } of cleared) stream(`- ${code} ${describeRef(object)} cleared`);
  }
  return last;
}
