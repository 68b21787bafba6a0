import { VigieError } from '../../core/errors.ts';
import type { Occasion } from '../../core/journal.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Playbook } from '../../core/playbook.ts';
import type { Evaluator } from '../language/expressions/evaluator.ts';
import type { ReadAlert } from './read-alerts.ts';
import { fillInputs, likeOf, type Trigger, valuesOf } from './start-by-trigger.ts';

/**
 * Whether an alert is one that a playbook starts by; `failed`: its `match` has no value for it, as where a label is missing, or
 * cannot be asked, since not all of the alert could be kept.
 */
export type Matched = { is: 'matched' | 'other' } | { is: 'failed'; why: string };

/** Playbooks without `on.alert` match nothing. @throws VigieError of anything but the expression */
export async function matchAlert(
  evaluator: Evaluator,
  { playbook, alert: { trigger, lost } }: { playbook: Playbook; alert: ReadAlert },
): Promise<Matched> {
  const { alert } = playbook.on;
  if (alert === undefined) return { is: 'other' };
  if (lost !== undefined) return { is: 'failed', why: lost };
  try {
    // All that is handed over is copied, for each of a thousand alerts and thirty playbooks.
    const { trigger: whole, ...own } = valuesOf(trigger);
    const values = alert.match.includes('trigger') ? { ...own, trigger: whole } : own;
    const value = await evaluator.evaluate(alert.match, { values });
    return { is: value === true ? 'matched' : 'other' };
  } catch (error) {
    if (!(error instanceof VigieError) || error.code !== 'EXPRESSION') throw error;
    return { is: 'failed', why: error.message };
  }
}

/** What a matching alert would hand over, for a person who tries. @throws VigieError EXPRESSION */
export async function handedOver(
  evaluator: Evaluator,
  { playbook, trigger }: { playbook: Playbook; trigger: Trigger },
): Promise<JsonObject> {
  const values = valuesOf(trigger);
  return fillInputs(playbook.on.alert?.inputs ?? {}, source => evaluator.evaluate(source, { values }));
}

/** Where the playbook does not say, an alert is like itself: one that comes back while its run goes on starts no second. */
export function alikeOf({ id }: Trigger): string {
  return id.replace(/@.*/s, '');
}

/** What it would be alike by, for a person who tries. @throws VigieError EXPRESSION */
export async function likenessOf(
  evaluator: Evaluator,
  { playbook, trigger }: { playbook: Playbook; trigger: Trigger },
): Promise<Occasion['like']> {
  const { dedupe, cooldown } = playbook.on.alert ?? {};
  const values = valuesOf(trigger);
  const evaluate = (source: string) => evaluator.evaluate(source, { values });
  return (await likeOf({ dedupe, cooldown, alike: alikeOf(trigger) }, evaluate)).like;
}
