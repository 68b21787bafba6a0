import { isObject, type Json, type JsonObject, objectsIn, textIn } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';

/** What was asked, for the message. */
export interface Asked {
  /** `get`, `list`, `apply` … */
  verb: string;
  /** `Deployment/web in shop`, `pods in shop`. */
  what: string;
  resource?: string;
  namespace?: string | undefined;
  /** The request or the answer holds secret values. */
  secret?: boolean;
}

/** The parts of a Status that errors are told from. */
export interface Failure {
  code: number;
  /** Not a Status at all: some proxy, or a path outside of the API. */
  plain: boolean;
  reason: string;
  message: string;
  /** `message`, or nothing of it where it may quote a secret value. */
  said: string;
  causes: { reason: string; message: string; field: string }[];
  details: JsonObject;
}

/** No message of a server is longer than this in ours. */
export const messageChars = 1_000;

// What the server itself says of a Secret in names and counts alone; anything else may quote a value.
const withoutValues = [
  /^secrets(?: "[\w.-]+")? is forbidden: User "[^"]+" cannot \w+ resource "secrets" in API group "" [\w "-]+$/,
  /^secrets "[\w.-]+" is forbidden: (?:exceeded|failed) quota: [\w.,:=/ -]+$/,
];

export function failureOf(from: { code: number; status: JsonObject | undefined }, asked: Asked): Failure {
  const { code, status } = from;
  const details = isObject(status?.details) ? status.details : {};
  const message = textIn(status?.message);
  return {
    code,
    plain: status === undefined,
    reason: textIn(status?.reason),
    message,
    said: asked.secret === true && !speaksOfNames(message) ? '' : saidOf(message),
    causes: objectsIn(details.causes).map(cause => ({
      reason: textIn(cause.reason),
      message: withoutObject(textIn(cause.message)),
      field: textIn(cause.field),
    })),
    details,
  };
}

/** A message of the server as ours may hold it. */
export function saidOf(message: string): string {
  return cleanLine(withoutObject(message), messageChars);
}

/**
 * A message without the object that the server prints in braces: as it would stand, so with values that the caller may not
 * know and could guess at. From the first brace to the last, since what is within may be text with braces of its own.
 */
function withoutObject(message: string): string {
  const start = message.indexOf('{');
  const last = message.lastIndexOf('}');
  const end = last > start ? last + 1 : message.length;
  // A pattern has braces too, and no names of fields.
  if (start < 0 || !message.slice(start, end).includes(':')) return message;
  return `${message.slice(0, start)}{…}${message.slice(end)}`;
}

function speaksOfNames(message: string): boolean {
  return message.length <= messageChars && withoutValues.some(form => form.test(message));
}

/** The Status in a body; undefined for what some proxy sent. */
export function readStatus(body: Buffer): JsonObject | undefined {
  // A Status is small; a large body of an error is some proxy's page.
  if (body.length > 1024 * 1024) return undefined;
  try {
    const value = JSON.parse(body.toString('utf8')) as Json;
    return isObject(value) && value.kind === 'Status' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Seconds the server asks to wait; undefined when it does not say. */
export function retryAfterSeconds(body: Buffer, header: string | undefined): number | undefined {
  const status = readStatus(body);
  const details = status === undefined ? undefined : status.details;
  const inBody = isObject(details) ? details.retryAfterSeconds : undefined;
  const seconds = typeof inBody === 'number' ? inBody : Number(header);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}
