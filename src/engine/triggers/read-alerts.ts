import { sha256Hex } from '../../core/digest.ts';
import { VigieError } from '../../core/errors.ts';
import { canonicalJson, isObject, type JsonObject, textOf } from '../../core/json.ts';
import type { Redactor } from '../../core/redaction.ts';
import { cleanLine } from '../../core/text.ts';
import { cleanPairs } from './clean-facts.ts';
import type { Trigger } from './start-by-trigger.ts';

/** A group that is larger says nothing that a person would act on; a thousand firing pods have as many alerts. */
const mostAlerts = 2_000;
/** Of a time, a hash and a URL. */
const fieldChars = 300;

/** One alert, and whether it still is. */
export interface ReadAlert {
  firing: boolean;
  trigger: Trigger;
  /** Why no condition may be asked of it: what it holds is not all there. Absent: it is. */
  lost?: string;
}

/**
 * The alerts of what Alertmanager sends to a webhook (version 4), each apart; one alone is taken too, for trying. One that
 * has no start, or no labels, is none.
 * @throws VigieError INVALID_INPUT
 */
export function readAlerts(
  payload: unknown,
  from: {
    sender: string;
    /** One for each: what it masks is numbered, and an alert reads the same whatever came before it. */
    redactor: () => Redactor;
  },
): ReadAlert[] {
  const alerts = alertsIn(payload);
  if (alerts.length > mostAlerts)
    throw invalid(
      `it holds ${alerts.length} alerts, of at most ${mostAlerts}: set max_alerts of the receiver`,
    );
  return alerts.map((alert, index) => readAlert(alert, { ...from, index }));
}

function alertsIn(payload: unknown): unknown[] {
  if (!isObject(payload)) throw invalid('it is no object');
  const { alerts, version, labels } = payload;
  if (alerts === undefined && isObject(labels)) return [payload];
  if (version !== '4') throw invalid('its version is not "4", which Alertmanager writes');
  if (!Array.isArray(alerts)) throw invalid('it has no list alerts');
  return alerts;
}

function readAlert(
  alert: unknown,
  at: { sender: string; redactor: () => Redactor; index: number },
): ReadAlert {
  const { sender, index } = at;
  if (!isObject(alert) || !isObject(alert['labels'])) throw invalid(`alerts[${index}] has no labels`);
  const startsAt = Date.parse(textOf(alert, 'startsAt'));
  if (Number.isNaN(startsAt)) throw invalid(`alerts[${index}].startsAt is no time`);
  const firing = textOf(alert, 'status') !== 'resolved';
  const fingerprint = fingerprintOf(alert);
  const redactor = at.redactor();
  const labels = cleanPairs(alert['labels'], { of: 'labels', redactor });
  const annotations = cleanPairs(alert['annotations'], { of: 'annotations', redactor });
  const facts: JsonObject = {
    status: firing ? 'firing' : 'resolved',
    labels: labels.pairs,
    annotations: annotations.pairs,
    startsAt: new Date(startsAt).toISOString(),
    endsAt: cleanLine(textOf(alert, 'endsAt'), fieldChars),
    fingerprint,
    generatorURL: redactor.text(cleanLine(textOf(alert, 'generatorURL'), fieldChars)),
  };
  return {
    firing,
    trigger: {
      kind: 'alert',
      name: sender,
      // One that resolves and fires again has another start, and is another.
      id: `${fingerprint}@${textOf(alert, 'startsAt').slice(0, fieldChars)}`,
      facts: { alert: facts },
    },
    ...(labels.whole && annotations.whole
      ? {}
      : { lost: `it has more ${labels.whole ? 'annotations' : 'labels'} than are looked at` }),
  };
}

/** Alertmanagers before 0.19 send none. */
function fingerprintOf(alert: JsonObject): string {
  const sent = textOf(alert, 'fingerprint');
  return /^[0-9a-f]{1,64}$/.test(sent) ? sent : sha256Hex(canonicalJson(alert['labels'])).slice(0, 16);
}

function invalid(why: string): VigieError {
  return new VigieError('INVALID_INPUT', `This is nothing that Alertmanager sends: ${why}.`, {
    hint: 'A webhook_config of Alertmanager sends what is read here.',
  });
}
