import type { Sender } from '../../config/triggers-config.ts';
import { sha256Hex } from '../../core/digest.ts';
import { VigieError } from '../../core/errors.ts';
import { isObject, type Json } from '../../core/json.ts';
import { Redactor } from '../../core/redaction.ts';
import { environmentOf } from '../../pipeline/look-up.ts';
import { cleanJson } from './clean-facts.ts';
import type { Enabled } from './enabled.ts';
import { startByTrigger, type Trigger, type Triggered, type TriggerParts } from './start-by-trigger.ts';
import { emptyTally, type Taken } from './tally.ts';

/** Of what was sent, as JSON: with what is around it, an expression is handed no more (language/caps.ts). */
const bodyBytes = 60 * 1024;
/** Of it in a run: it goes into every expression of a step, beside what the steps answered. */
const keptBytes = 8 * 1024;

/** Of vigie.yaml and the playbook. */
const proofRule = 'on.webhook.auth';

/** What a webhook delivered. */
export interface Delivery {
  sender: Sender;
  enabled: Enabled;
  body: Json;
  /** As its sender names it. Absent: it is known by what it holds. */
  id: string | undefined;
}

/**
 * Starts every enabled playbook whose path the sender is.
 * @throws VigieError TOO_LARGE, INVALID_INPUT: a playbook of that path wants another proof; STORE
 */
export async function takeWebhook(
  parts: TriggerParts,
  { sender, enabled, body, id }: Delivery,
): Promise<Taken> {
  const { environment } = sender;
  const tally = emptyTally();
  const told: Taken['came'] = [];
  const { known } = environmentOf(await parts.vigie.inForce('change'), { environment });
  const trigger = triggerOf({ sender, body, id }, new Redactor(known));
  const meant = enabled.playbooks.filter(
    ({ playbook, environments }) =>
      playbook.on.webhook?.path === sender.name && environments.includes(environment),
  );
  for (const { playbook, digest, source } of meant) {
    const { auth, inputs } = playbook.on.webhook ?? { auth: sender.proof, inputs: {} };
    const { name } = playbook.metadata;
    if (auth !== sender.proof) {
      const why = `it wants ${auth}, and vigie.yaml has ${sender.proof} for ${sender.name}`;
      parts.vigie.log.warn('triggers.refused', { playbook: name, rule: proofRule, why });
      tally.refused += 1;
      told.push({
        playbook: name,
        environment,
        trigger,
        came: { is: 'refused', rule: proofRule, why },
      });
      continue;
    }
    parts.evaluator.forgive();
    const came = await startByTrigger(parts, { playbook, digest, source, environment, trigger, inputs });
    tally[came.is] += 1;
    told.push({ playbook: name, environment, trigger, came });
    if (came.is === 'refused') {
      const { rule, why } = came;
      parts.vigie.log.warn('triggers.refused', { playbook: name, rule, why });
    }
  }
  if (meant.length === 0) tally.unmatched = 1;
  const again = told.map(({ came }) => whyAgain(came)).find(why => why !== undefined);
  return { tally, came: told, ...(again && { again }) };
}

/** What the same delivery will never pass, or only when somebody writes another playbook. */
const lasting: ReadonlySet<string> = new Set([
  proofRule,
  'INVALID_INPUT',
  'PLAYBOOK',
  'EXPRESSION',
  'TOO_LARGE',
]);

/** Why a delivery is to be sent again: a storm ends, and so do a frozen time, the kill switch, and the lack of a rehearsal. */
function whyAgain(came: Triggered): string | undefined {
  if (came.is === 'held') return 'Too many runs were started just before';
  return came.is === 'refused' && !lasting.has(came.rule) ? 'Nothing may start by itself now' : undefined;
}

function triggerOf(
  { sender, body, id }: Pick<Delivery, 'sender' | 'body' | 'id'>,
  redactor: Redactor,
): Trigger {
  const clean = cleanJson(body);
  const bytes = Buffer.byteLength(JSON.stringify(clean));
  if (bytes > bodyBytes)
    throw new VigieError(
      'TOO_LARGE',
      `What ${sender.name} sent has ${bytes} bytes, of at most ${bodyBytes} that an expression is handed.`,
      { hint: 'Send less: what the inputs need.', details: { what: sender.name, bytes, most: bodyBytes } },
    );
  return {
    kind: 'webhook',
    name: sender.name,
    id: id ?? sha256Hex(JSON.stringify(body)),
    // A field that is called password is one, whoever sends it.
    facts: { body: isObject(clean) ? redactor.object(clean) : redactor.json(clean) },
    ...(bytes <= keptBytes ? {} : { kept: {} }),
  };
}
