import { isObject, type JsonObject, textIn } from '../../core/json.ts';
import type { Redactor } from '../../core/redaction.ts';
import { cleanLine } from '../../core/text.ts';
import { lastSeenMs } from '../../kubernetes/event-times.ts';
import type { Event } from '../../kubernetes/kinds/event.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';

/** Kubernetes lets a message have 1,024 bytes. */
const messageChars = 1_024;
/** Names of objects have 253; anything longer was made to be. */
const nameChars = 253;

/** An event of a cluster as a playbook sees it. What it says was written by whoever may write events. */
export interface ClusterEvent {
  /** The same for all its times until there are ten times as many: an event that is told each minute starts few runs. */
  id: string;
  /** When it was last seen, by the clock of whoever recorded it. */
  lastMs: number;
  namespace: string;
  /** What it says about which object; other events may say the same. */
  about: string;
  /** `event` in expressions: masked, clean and bounded. */
  facts: JsonObject;
}

/** Undefined: it is no event, or one without an identity. */
export function readClusterEvent(object: KubeObject, redactor: Redactor): ClusterEvent | undefined {
  if (!isKind(object, 'Event')) return undefined;
  const { uid, namespace } = object.metadata;
  if (uid === undefined) return undefined;
  const line = (value: unknown, most = nameChars): string => cleanLine(redactor.text(textIn(value)), most);
  const { reason, type, message, source, reportingComponent } = object;
  const about: JsonObject = isObject(object.involvedObject) ? object.involvedObject : {};
  const involvedObject = Object.fromEntries(
    ['kind', 'namespace', 'name', 'apiVersion', 'fieldPath'].map(key => [key, line(about[key])]),
  );
  const count = countOf(object);
  const lastMs = lastSeenMs(object);
  const facts = {
    reason: line(reason),
    type: line(type),
    message: line(message, messageChars),
    count,
    namespace: line(namespace),
    involvedObject,
    source: line(source?.component) || line(reportingComponent),
    lastSeen: new Date(lastMs).toISOString(),
  };
  return {
    id: `${uid} ${String(count).length}`,
    lastMs,
    namespace: namespace ?? '',
    about: JSON.stringify([facts.reason, involvedObject]),
    facts,
  };
}

/** How often it was seen: new-style events count in a series. One that says nonsense was seen once. */
function countOf({ series, count }: Event): number {
  const said = series?.count ?? count ?? 1;
  return Number.isSafeInteger(said) && said > 0 ? said : 1;
}
