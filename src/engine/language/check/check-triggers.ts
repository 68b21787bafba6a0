import type { Playbook } from '../../../core/playbook.ts';
import { isTimeZone, nextMoments, type Rhythm } from '../../../core/schedule-times.ts';
import { checkHandedOver } from './check-inputs.ts';
import { checkCondition, checkTexts, checkTextsOf, type Texts } from './check-texts.ts';
import { emptyFlow, type Flow } from './flow.ts';

/** What starts a playbook without a person: it can come, and hands over every input that is needed. */
export function checkTriggers(texts: Texts, { on, inputs, metadata }: Playbook): void {
  const to = metadata.name;
  const hand = (trigger: 'alert' | 'schedule' | 'event' | 'webhook', flow: Flow): void => {
    const given = on[trigger]?.inputs;
    if (given === undefined) return;
    const place = ['on', trigger, 'inputs'];
    checkTextsOf(texts, { values: given, place }, flow);
    checkHandedOver(texts.report, { given, inputs, place, to });
  };
  const triggered: Flow = { ...emptyFlow, names: ['trigger'] };
  for (const trigger of ['alert', 'event'] as const) {
    const matched = on[trigger];
    if (matched === undefined) continue;
    const flow: Flow = { ...emptyFlow, names: [trigger, 'trigger'] };
    checkCondition(texts, { place: ['on', trigger, 'match'], source: matched.match }, flow);
    checkTexts(texts, { value: matched.dedupe ?? '', place: ['on', trigger, 'dedupe'] }, flow);
    hand(trigger, flow);
  }
  if (on.schedule !== undefined) {
    checkSchedule(texts, on.schedule);
    hand('schedule', triggered);
  }
  hand('webhook', triggered);
}

function checkSchedule({ report }: Texts, { cron, timezone }: { cron: string; timezone: string }): void {
  if (!isTimeZone(timezone)) {
    report.add(['on', 'schedule', 'timezone'], {
      message: 'there is no such time zone',
      fix: 'For example: Europe/Paris or UTC',
    });
    return;
  }
  if (cron.trim().split(/\s+/).length !== 5)
    report.add(['on', 'schedule', 'cron'], {
      message: 'a schedule has five fields: minute, hour, day, month, day of the week',
      fix: 'For example, each day at six: "0 6 * * *"',
    });
  else if (!everComes({ cron, timeZone: timezone }))
    report.add(['on', 'schedule', 'cron'], {
      message: 'the schedule cannot be read, or never comes',
      fix: 'For example, each day at six: "0 6 * * *"',
    });
}

/** Whether a schedule ever comes is the same from everywhere: a lint must not depend on the day. */
const anyMoment = new Date(Date.UTC(2026, 0, 1));

function everComes(rhythm: Rhythm): boolean {
  try {
    return nextMoments(rhythm, { now: anyMoment, count: 1 }).length > 0;
  } catch {
    return false;
  }
}
