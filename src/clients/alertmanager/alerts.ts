import { type JsonObject, memberOf, textOf, textsIn } from '../../core/json.ts';

/** An alert as an Alertmanager holds it. */
export interface Alert {
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  since: Date;
  state: 'active' | 'suppressed' | 'unprocessed';
  /** Ids of silences. */
  silencedBy: string[];
  /** Fingerprints of alerts. */
  inhibitedBy: string[];
  fingerprint: string;
}

export function alertOf(alert: JsonObject): Alert {
  const status = memberOf(alert, 'status');
  const state = textOf(status, 'state');
  return {
    labels: labelsOf(alert['labels']),
    annotations: labelsOf(alert['annotations']),
    since: new Date(textOf(alert, 'startsAt')),
    state: state === 'suppressed' || state === 'unprocessed' ? state : 'active',
    silencedBy: textsIn(status?.['silencedBy']),
    inhibitedBy: textsIn(status?.['inhibitedBy']),
    fingerprint: textOf(alert, 'fingerprint'),
  };
}

function labelsOf(labels: unknown): Record<string, string> {
  if (typeof labels !== 'object' || labels === null) return {};
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => typeof value === 'string'));
}
