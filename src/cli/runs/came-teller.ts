import { startedByText } from '../../engine/started-by.ts';
import type { TriggerCame } from '../../engine/triggers/start-by-trigger.ts';
import { cameText } from './came-text.ts';

/** Each is a name of 100 bytes. What is forgotten is told once more. */
const mostKnown = 10_000;

/**
 * Says what alerts and webhooks started and what not, and why. Alertmanager tells of what fires every few minutes: the same is
 * said once. Of a storm one line says how many came to the same.
 */
export class CameTeller {
  readonly #known = new Map<string, string>();

  lines(delivered: readonly TriggerCame[]): string[] {
    const alike = new Map<string, TriggerCame[]>();
    for (const each of delivered.filter(one => this.#isNew(one))) {
      const { playbook, environment, came } = each;
      // Each run has a line of its own.
      const what = came.is === 'started' ? came.run : cameOf(each);
      const key = `${playbook} ${environment} ${what}`;
      alike.set(key, [...(alike.get(key) ?? []), each]);
    }
    return [...alike.values()].flatMap(lineOf);
  }

  #isNew(each: TriggerCame): boolean {
    const { playbook, environment, trigger } = each;
    const key = `${playbook} ${environment} ${trigger.kind} ${trigger.name} ${trigger.id}`;
    const before = this.#known.get(key);
    // What has its run is told again as that.
    const now = before === 'started' && each.came.is === 'exists' ? before : cameOf(each);
    const [oldest] = this.#known.keys();
    if (this.#known.size >= mostKnown && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(key, now);
    return before !== now;
  }
}

/** A refusal of another rule is another. */
function cameOf({ came }: TriggerCame): string {
  return came.is === 'refused' ? `refused ${came.rule}` : came.is;
}

function lineOf([first, ...others]: readonly TriggerCame[]): string[] {
  if (first === undefined) return [];
  const { playbook, environment, trigger, came } = first;
  const { kind, name, facts } = trigger;
  const by = startedByText({ startedBy: { kind: 'trigger', trigger: { ...facts, kind, name } } });
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return [`${playbook} in ${environment}, by ${by}${more}: ${cameText(came)}`];
}
