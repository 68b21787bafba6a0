import { VigieError } from '../../../core/errors.ts';
import type { Finding } from '../../../core/finding.ts';
import type { Ref } from '../../../core/ref.ts';
import type { Look } from '../../../diagnosis/collect/look.ts';
import type { Diagnosis } from '../../../diagnosis/diagnose.ts';
import { watchFindings } from '../../../diagnosis/watch.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import { type ShownFinding, shown, type WatchLine, withoutVersion } from './answer.ts';
import { tryFixes } from './try-fixes.ts';

/**
 * Tells each finding when it appears, with its fixes tried, and when it clears, to a terminal, until the call is stopped: an
 * object of JSON a line, `watchLine`. Answers how things stood.
 */
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
  const tell = (line: WatchLine) => stream(JSON.stringify(line));
  let last: Diagnosis = { findings: [], notes: [], notChecked: [] };
  const turns = watchFindings(look, {
    ...(about === undefined ? {} : { about }),
    signal,
    say: notWatched => tell({ notWatched }),
  });
  for await (const { appeared, cleared, diagnosis } of turns) {
    last = diagnosis;
    for (const finding of await tried(appeared, context)) tell({ appeared: finding });
    for (const { code, object } of cleared) tell({ cleared: { code, object: withoutVersion(object) } });
  }
  return last;
}

/** Whoever stops the call while fixes are tried has the findings without. */
async function tried(findings: readonly Finding[], context: ToolContext): Promise<ShownFinding[]> {
  const whole = findings.map(shown);
  try {
    return await tryFixes(whole, context);
  } catch (error) {
    if (!(error instanceof VigieError) || !context.signal.aborted) throw error;
    return whole;
  }
}
