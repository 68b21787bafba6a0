import type { Playbook } from '../../../core/playbook.ts';
import { nextRunAfter } from '../../../kubernetes/cron.ts';
import { checkHandedOver } from './check-inputs.ts';
import { checkCondition, checkTexts, checkTextsOf, type Texts } from './check-texts.ts';
import { emptyFlow, type Flow } from './flow.ts';

/** What starts a playbook without a person: it can come, and hands over every input that is needed. */
export function checkTriggers(texts: Texts, { on, inputs, metadata }: Playbook): void {
  const to = metadata.name;
  const hand = (trigger: 'alert' | 'schedule' | 'webhook', flow: Flow): void => {
    const given = on[trigger]?.inputs;
    if (given === undefined) return;
    const place = ['on', trigger, 'inputs'];
    checkTextsOf(texts, { values: given, place }, flow);
    checkHandedOver(texts.report, { given, inputs, place, to });
  };
  const triggered: Flow = { ...emptyFlow, names: ['trigger'] };
  if (on.alert !== undefined) {
    const flow: Flow = { ...emptyFlow, names: ['alert', 'trigger'] };
    checkCondition(texts, { place: ['on', 'alert', 'match'], source: on.alert.match }, flow);
    checkTexts(texts, { value: on.alert.dedupe ?? '', place: ['on', 'alert', 'dedupe'] }, flow);
    hand('alert', flow);
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
  else if (nextRunAfter({ schedule: cron, timeZone: timezone }, anyMoment) === undefined)
    report.add(['on', 'schedule', 'cron'], {
      message: 'the schedule cannot be read, or never comes',
      fix: 'For example, each day at six: "0 6 * * *"',
    });
}

/** Whether a schedule ever comes is the same from everywhere: a lint must not depend on the day. */
const anyMoment = Date.UTC(2026, 0, 1);

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
