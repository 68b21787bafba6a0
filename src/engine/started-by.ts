import { shownName } from '../core/actor.ts';
import type { RunSummary } from '../core/journal.ts';
import { isObject, type JsonObject, memberOf, textIn, textOf } from '../core/json.ts';
import { cleanLine } from '../core/text.ts';

/** Of a person, a sender, an alert: what a line has room for. */
const nameChars = 64;

/** Who or what started a run, in words: `alice`, `an assistant "claude" for alice`, `the alert KubePodCrashLooping of main`, `its schedule, due 2026-…`. */
export function startedByText({ startedBy }: Pick<RunSummary, 'startedBy'>): string {
  const { trigger } = startedBy;
  const again = textOf(startedBy, 'retryOf');
  const by =
    textOf(startedBy, 'kind') === 'trigger' && isObject(trigger)
      ? triggerText(trigger)
      : personText(startedBy);
  return again === '' ? by : `${by}, again after ${named(again)}`;
}

/** Who holds a run, in the same words; empty: nobody does, or nobody knows. */
export function heldByText({ heldBy }: Pick<RunSummary, 'heldBy'>): string {
  const name = textOf(heldBy, 'name');
  if (textOf(heldBy, 'kind') === 'agent') return assistantText(name, textOf(heldBy, 'onBehalfOf'));
  return name === '' ? '' : named(name);
}

function personText(startedBy: JsonObject): string {
  const person = textOf(startedBy, 'name');
  return textOf(startedBy, 'kind') === 'agent'
    ? assistantText(textOf(startedBy, 'client'), person)
    : named(person);
}

/** It may name itself as a person is named: so it is always told for what it is. */
function assistantText(client: string, person: string): string {
  const label = client === '' ? '' : ` ${shownName({ kind: 'agent', name: client })}`;
  return `an assistant${label} for ${named(person)}`;
}

function triggerText(trigger: JsonObject): string {
  const sender = named(textOf(trigger, 'name'));
  switch (textOf(trigger, 'kind')) {
    case 'alert': {
      const labels = memberOf(trigger['alert'], 'labels');
      return `the alert ${named(textIn(labels?.['alertname']))} of ${sender}`;
    }
    case 'schedule':
      return `its schedule, due ${named(textOf(trigger, 'at'))}`;
    case 'event': {
      const about = memberOf(trigger['event'], 'involvedObject');
      const object = `${textIn(about?.['kind'])}/${textIn(about?.['name'])}`;
      return `the event ${named(textOf(trigger['event'], 'reason'))} of ${named(object)}`;
    }
    default:
      return `the webhook ${sender}`;
  }
}

function named(text: string): string {
  return text === '' ? 'without a name' : cleanLine(text, nameChars);
}
