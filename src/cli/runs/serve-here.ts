import { textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import type { EventCame } from '../../engine/triggers/event-starts.ts';
import type { TickedSchedule } from '../../engine/triggers/schedules.ts';
import type { Serving } from '../../engine/triggers/serve-triggers.ts';
import type { CommonOptions, Session } from '../session.ts';
import { cameText } from './came-text.ts';
import { enabledHere } from './enabled-here.ts';
import { tickBackups } from './tick-backups.ts';
import type { AtRuns } from './with-runs.ts';

const sayingChars = 300;

/** Starts by schedules and events what vigie.yaml lets start by itself, and begins backups that come round, until the signal says stop. */
export async function serveHere(
  session: Session,
  {
    options,
    vigie,
    runs,
    signal,
  }: Pick<AtRuns, 'vigie' | 'runs'> & { options: CommonOptions; signal: AbortSignal },
): Promise<void> {
  const [{ Evaluator }, { caps }, { serveTriggers }] = await Promise.all([
    import('../../engine/language/expressions/evaluator.ts'),
    import('../../engine/language/caps.ts'),
    import('../../engine/triggers/serve-triggers.ts'),
  ]);
  const note = (text: string): void => session.terminal.note(cleanLine(text, sayingChars));
  const failed = (error: unknown): void => {
    const why = error instanceof Error ? error.message : String(error);
    vigie.log.error('triggers.worker', { error: why });
  };
  const evaluator = new Evaluator({ mostSlowMs: caps.runSlowMs });
  try {
    await Promise.all([
      serveTriggers({
        parts: { ...runs.starting, vigie, evaluator },
        enabled: () => enabledHere(session, options),
        serving: serving => servingLines(serving).forEach(note),
        ticked: what => note(tickedLine(what)),
        events: { came: eventTeller(note), said: note, failed },
        failed,
        signal,
      }),
      tickBackups(vigie, { note, failed, signal }),
    ]);
  } finally {
    await evaluator.close();
  }
}

function servingLines({ schedules, next, watches, inVain }: Serving): string[] {
  const kinds = [
    ...(schedules === 0
      ? []
      : [
          `${counted(schedules, 'schedule')}${next === undefined ? '' : `, the next at ${next.toISOString()}`}`,
        ]),
    ...(watches === 0 ? [] : [`${counted(watches, 'watch')} of events`]),
  ];
  const served =
    kinds.length === 0
      ? 'No playbook starts here by a schedule or an event: vigie triggers list'
      : `Starting by itself: ${kinds.join('; ')}.`;
  return [served, ...inVain.map(({ name, why, todo }) => `${name} starts by nothing: ${why} ${todo}`)];
}

function counted(count: number, what: 'schedule' | 'watch'): string {
  return count === 1 ? `1 ${what}` : `${count} ${what}${what === 'watch' ? 'es' : 's'}`;
}

function tickedLine({ playbook, environment, moment, missed, came }: TickedSchedule): string {
  const before = missed === 0 ? '' : `; ${missed} before it ${missed === 1 ? 'was' : 'were'} missed`;
  return `${playbook} in ${environment}, due ${moment}: ${cameText(came)}${before}`;
}

/**
 * Tells what events start. What starts nothing because it is known, cools or is held would be a line for each of thousands; a
 * refusal is the same for each until something starts again, and told once.
 */
function eventTeller(note: (text: string) => void): (what: EventCame) => void {
  const refused = new Set<string>();
  return ({ playbook, environment, event, came }) => {
    const where = `${playbook} in ${environment}`;
    if (came.is === 'started') refused.delete(where);
    else if (came.is !== 'refused' || refused.has(where)) return;
    else refused.add(where);
    note(`${where}, by the event ${textOf(event.facts, 'reason')}: ${cameText(came)}`);
  };
}
