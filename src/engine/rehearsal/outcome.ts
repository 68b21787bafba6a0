import { isObject, textOf } from '../../core/json.ts';
import type { Ref } from '../../core/ref.ts';
import { describeRef } from '../../core/ref.ts';
import type { RehearsalOutcome, RehearsedStep } from '../../core/rehearsal.ts';
import { stepsByPath, withoutItems } from './steps-by-path.ts';
import type { PlayedRun } from './steps-of-run.ts';

/** How a rehearsal ended, by its run and by what nothing is known of. */
export function outcomeOf(
  of: PlayedRun,
  steps: readonly RehearsedStep[],
): { outcome: RehearsalOutcome; why?: string } {
  const { run } = of;
  const blind = steps.filter(({ status }) => status === 'not_rehearsed');
  if (run.status === 'done') {
    const seen = steps.some(({ status }) => status === 'done' || status === 'nothing_to_do');
    if (blind.length > 0 && !seen)
      return { outcome: 'unknown', why: 'None of its steps that would run can be rehearsed.' };
    return { outcome: 'done' };
  }
  const failure = isObject(run.output) ? run.output['failure'] : undefined;
  const ended = steps.find(({ status }) => status === 'failed' || status === 'denied');
  const at = ended?.path;
  const code = textOf(failure, 'code');
  const message = textOf(failure, 'message') || problemsOf(run.output);
  const why = at === undefined ? message : `${at}: ${ended?.why ?? message}`;
  if (code === 'DENIED') return { outcome: 'denied', why };
  const asked = at === undefined || code !== 'EXPRESSION' ? undefined : blindBehind(of, { at, blind });
  if (asked === undefined) return { outcome: 'failed', why };
  return { outcome: 'unknown', why: `${at} asks what ${asked} came to, which a copy cannot know.` };
}

/** What was changed, each object once, in the order in which that happened; what took it back counts as well. */
export function changedBy({ changes }: PlayedRun): Ref[] {
  const touched = [...changes.values()].filter(({ state }) => applied.has(state));
  return [...new Map(touched.flatMap(({ targets }) => targets).map(ref => [describeRef(ref), ref])).values()];
}

/** A change in one of these was sent. */
const applied: ReadonlySet<string> = new Set(['done', 'unverified', 'failed', 'returned', 'interrupted']);

/** The step whose answer the one that failed asks for, and that has none here. */
function blindBehind(
  { written }: PlayedRun,
  { at, blind }: { at: string; blind: readonly RehearsedStep[] },
): string | undefined {
  const text = JSON.stringify(stepsByPath(written).get(withoutItems(at)) ?? {});
  return blind.find(({ path }) => {
    const id = withoutItems(path).split('/').at(-1) ?? '';
    return (
      text.includes(`steps.${id}.`) || text.includes(`steps[\\"${id}\\"]`) || text.includes(`steps['${id}']`)
    );
  })?.path;
}

function problemsOf(output: unknown): string {
  const problems = isObject(output) ? output['problems'] : undefined;
  return Array.isArray(problems) ? problems.filter(each => typeof each === 'string').join('; ') : '';
}
