import { isObject, textOf } from '../../core/json.ts';
import type { Ref } from '../../core/ref.ts';
import { describeRef } from '../../core/ref.ts';
import type { RehearsalOutcome, RehearsedStep } from '../../core/rehearsal.ts';
import { stepsByPath, withoutItems } from './steps-by-path.ts';
import type { PlayedRun } from './steps-of-run.ts';

/** How a rehearsal ended, by its run and by what nothing is known of. */
export function outcomeOf(
  of: PlayedRun,
  { steps, changes }: { steps: readonly RehearsedStep[]; changes: ReadonlySet<string> },
): { outcome: RehearsalOutcome; why?: string } {
  const { run } = of;
  const blind = steps.filter(({ status }) => status === 'not_rehearsed');
  if (run.status === 'done') {
    const seen = steps.some(({ status }) => status === 'done' || status === 'nothing_to_do');
    if (blind.length > 0 && !seen)
      return { outcome: 'unknown', why: 'None of its steps that would run can be rehearsed.' };
    const denied = steps.find(({ status }) => status === 'denied');
    if (denied !== undefined) return { outcome: 'denied', why: `${denied.path}: ${denied.why ?? 'denied'}` };
    return unplayed(of, { steps, changes }) ?? { outcome: 'done' };
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

/** Undefined: a change of it was played, or it came to none. A run may go on behind a change that fails, but that proves none. */
function unplayed(
  { written }: PlayedRun,
  { steps, changes }: { steps: readonly RehearsedStep[]; changes: ReadonlySet<string> },
): { outcome: RehearsalOutcome; why: string } | undefined {
  const verbs = stepsByPath(written);
  const toolOf = ({ path, what }: RehearsedStep): string => {
    const step = verbs.get(withoutItems(path));
    return step?.verb === 'foreach' && 'action' in step.each ? step.each.action.tool : what;
  };
  const reached = steps.filter(step => reachedBy.has(step.status) && changes.has(toolOf(step)));
  const missed = reached.filter(({ status }) => status === 'not_rehearsed' || status === 'failed');
  const [first] = missed;
  if (first === undefined || missed.length < reached.length) return undefined;
  const why = first.status === 'failed' ? 'failed there' : 'cannot be rehearsed';
  return { outcome: 'unknown', why: `No change of it was made on the copy: ${first.path} ${why}.` };
}

/** A step of these was come to. */
const reachedBy: ReadonlySet<string> = new Set(['done', 'nothing_to_do', 'failed', 'not_rehearsed']);

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
