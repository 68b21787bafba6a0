import { VigieError } from '../../core/errors.ts';
import type { PlaybookCheck } from '../../core/playbook.ts';
import { cleanLine } from '../../core/text.ts';
import { caps } from '../language/caps.ts';
import { outcomeOf } from './call-outcome.ts';
import { inputCodes, inputOf } from './input-of.ts';
import { milliseconds } from './retry.ts';
import type { RunContext } from './run-context.ts';
import type { Scope } from './scope.ts';
import type { StepEnd, StepFailure } from './step-end.ts';

/**
 * Repeats a read until what it answers is as it should be. `since`: from when its time counts. Nothing is recorded between:
 * a read costs nothing to repeat.
 */
export async function readUntil(
  run: RunContext,
  {
    path,
    attempt = 1,
    check,
    scope,
    since,
  }: { path: string; attempt?: number; check: PlaybookCheck; scope: Scope; since: number },
): Promise<StepEnd> {
  const last = run.records.last(path);
  if (last?.state === 'done' && last.attempt === attempt) return { end: 'done', output: last.output ?? null };
  if (run.stopsAt(path)) return { end: 'stopped' };
  const over = run.overSince(path);
  if (over !== undefined) return { end: 'waiting', waits: [{ path, kind: 'timer', until: over }] };
  const seen = await look(run, { check, scope });
  if (run.signal.aborted) return { end: 'stopped' };
  if (seen.is === 'so') {
    const output = { status: 'answered', data: seen.data };
    await run.done(path, { attempt, output });
    return { end: 'done', output };
  }
  const now = run.around.now();
  const until = since + milliseconds(check.within);
  if (now < until) {
    run.say({ path, text: `not yet: ${check.until}` });
    return {
      end: 'waiting',
      waits: [{ path, kind: 'timer', until: Math.min(until, now + milliseconds(check.every)) }],
    };
  }
  const meaning = seen.why === '' ? await meaningOf(check, scope) : '';
  const failure: StepFailure = {
    code: 'NOT_VERIFIED',
    message: `${meaning}${check.tool} did not answer so that ${check.until}, within ${check.within}${seen.why}.`,
    cause: 'unverified',
  };
  return { end: 'failed', failure };
}

/** What the author says that it means; nothing where that cannot be worked out. */
async function meaningOf({ otherwise }: PlaybookCheck, scope: Scope): Promise<string> {
  if (otherwise === undefined) return '';
  try {
    const said = await scope.fillAny(otherwise);
    return `${cleanLine(typeof said === 'string' ? said : JSON.stringify(said), caps.otherwiseChars)}: `;
  } catch (error) {
    if (error instanceof VigieError && error.code === 'EXPRESSION') return '';
    throw error;
  }
}

/** `why` is empty where the read answered, and it was not so. */
type Seen = { is: 'so'; data: Parameters<Scope['fill']>[0] } | { is: 'not'; why: string };

async function look(
  run: RunContext,
  { check, scope }: { check: PlaybookCheck; scope: Scope },
): Promise<Seen> {
  try {
    const tool = run.around.tools.get(check.tool);
    if (tool === undefined) return { is: 'not', why: `: there is no tool ${check.tool} here any more` };
    // The check promised it, of the tools that there were then.
    if (tool.kind !== 'read') return { is: 'not', why: `: ${check.tool} is no read` };
    const input = await inputOf(run, { tool, arguments: check.with, scope });
    const outcome = outcomeOf(await run.call({ tool: tool.name, input }));
    if (outcome.is !== 'done')
      return { is: 'not', why: outcome.is === 'failed' ? becauseOf(outcome.failure.message) : '' };
    const { data } = outcome.kept;
    const so = await scope.evaluate(check.until, { output: data });
    return so === true ? { is: 'so', data } : { is: 'not', why: '' };
  } catch (error) {
    if (error instanceof VigieError && inputCodes.has(error.code))
      return { is: 'not', why: becauseOf(error.message) };
    throw error;
  }
}

/** A reason in the middle of a sentence. */
function becauseOf(message: string): string {
  return `: ${message.replace(/\.+$/, '')}`;
}
