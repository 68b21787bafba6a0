import type { Sender } from '../../config/triggers-config.ts';
import { inParallel } from '../../core/in-parallel.ts';
import { Redactor } from '../../core/redaction.ts';
import { environmentOf } from '../../pipeline/look-up.ts';
import type { Enabled, EnabledPlaybook } from './enabled.ts';
import { alikeOf, matchAlert } from './match-alert.ts';
import { type ReadAlert, readAlerts } from './read-alerts.ts';
import { refuseUnattended } from './refuse-unattended.ts';
import {
  occasionOf,
  startAdmitted,
  type Triggered,
  type TriggerOrder,
  type TriggerParts,
} from './start-by-trigger.ts';
import { emptyTally, type Taken, type Tally } from './tally.ts';

/** Starts of one delivery that are on their way at once: they share a write of the journal (group commit). */
const atOnce = 20;

/**
 * Starts what the alerts of a delivery start: of each that fires, every enabled playbook that matches it. What has resolved
 * starts nothing any more, should its firing be told after it.
 * @throws VigieError INVALID_INPUT: it is no delivery of alerts; STORE: nothing is sure, and it is to be sent again
 */
export async function takeAlerts(
  parts: TriggerParts,
  delivery: { sender: Sender; enabled: Enabled; payload: unknown },
): Promise<Taken> {
  const { sender, enabled } = delivery;
  const { environment } = sender;
  const tally = emptyTally();
  const told: Taken['came'] = [];
  const { known } = environmentOf(await parts.vigie.inForce('change'), { environment });
  const alerts = readAlerts(delivery.payload, {
    sender: sender.name,
    redactor: () => new Redactor(known),
  });
  const over = alerts.filter(({ firing }) => !firing);
  await inParallel(over, {
    atOnce,
    task: ({ trigger }) => parts.journal.dismiss({ what: occasionOf(trigger), environment }),
  });
  tally.resolved = over.length;
  const firing = alerts.filter(alert => alert.firing);
  const matched = new Set<ReadAlert>();
  for (const playbook of enabled.playbooks) {
    if (!playbook.environments.includes(environment)) continue;
    // What one playbook's expressions took is no other's fault.
    parts.evaluator.forgive();
    const those = await matching(parts, { playbook, firing, tally });
    for (const alert of those) matched.add(alert);
    // Asked once for all of them: a thousand alerts are one delivery, and of one moment.
    const denial =
      those.length === 0
        ? undefined
        : await refuseUnattended(await parts.vigie.inForce('change'), { ...playbook, environment });
    const triggered = await inParallel(those, {
      atOnce,
      task: async (alert): Promise<Triggered> =>
        denial === undefined
          ? startAdmitted(parts, orderOf(alert, { playbook, environment }))
          : { is: 'refused', ...denial },
    });
    for (const [index, came] of triggered.entries()) {
      tally[came.is] += 1;
      const trigger = those[index]?.trigger;
      if (trigger !== undefined)
        told.push({ playbook: playbook.playbook.metadata.name, environment, trigger, came });
    }
    logRefusals(parts, { playbook, triggered });
  }
  tally.unmatched = firing.length - matched.size;
  return { tally, came: told };
}

async function matching(
  { evaluator, vigie }: TriggerParts,
  at: { playbook: EnabledPlaybook; firing: readonly ReadAlert[]; tally: Tally },
): Promise<ReadAlert[]> {
  const { playbook } = at.playbook;
  const found: ReadAlert[] = [];
  const failed: string[] = [];
  for (const alert of at.firing) {
    const match = await matchAlert(evaluator, { playbook, alert });
    if (match.is === 'matched') found.push(alert);
    else if (match.is === 'failed') failed.push(match.why);
  }
  at.tally.failed += failed.length;
  if (failed[0] !== undefined)
    vigie.log.warn('triggers.match', {
      playbook: playbook.metadata.name,
      alerts: failed.length,
      why: failed[0],
    });
  return found;
}

/** What a matching alert would start. */
export function orderOf(
  { trigger }: ReadAlert,
  { playbook: enabled, environment }: { playbook: EnabledPlaybook; environment: string },
): TriggerOrder {
  const { playbook, digest, source } = enabled;
  const { inputs = {}, dedupe, cooldown } = playbook.on.alert ?? {};
  const alike = alikeOf(trigger);
  return { playbook, digest, source, environment, trigger, inputs, dedupe, cooldown, alike };
}

/** One line a delivery and playbook: Alertmanager tells the same again and again. */
function logRefusals(
  { vigie }: TriggerParts,
  { playbook, triggered }: { playbook: EnabledPlaybook; triggered: readonly Triggered[] },
): void {
  const refused = triggered.filter(each => each.is === 'refused');
  const [first] = refused;
  if (first === undefined) return;
  const { name } = playbook.playbook.metadata;
  vigie.log.warn('triggers.refused', {
    playbook: name,
    times: refused.length,
    rule: first.rule,
    why: first.why,
  });
}
