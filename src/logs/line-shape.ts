import { isObject, type JsonObject } from '../core/json.ts';
import { type Level, levelIn, levelNamed, levelOfLine, levelOfStatus } from './level.ts';

/** What a line says, without the frame that its program puts around it. */
export interface LineShape {
  message: string;
  level: Level;
}

const messageKeys = ['msg', 'message', 'log', 'event', 'text'];
const levelKeys = ['level', 'severity', 'lvl', 'loglevel', 'log.level', 'levelname'];
const errorKeys = ['error', 'err', 'exception', 'reason'];
const statusKeys = ['status', 'statusCode', 'status_code', 'code'];
// An error's own text is what tells two failures of one message apart.
const errorChars = 300;

/** Reads one line: JSON by its message and level fields, logfmt by its own, else as it stands. Linear in the line. */
export function shapeOf(line: string): LineShape {
  const text = line.trimStart();
  if (text.startsWith('{')) {
    const json = fromJson(text);
    if (json !== undefined) return json;
  }
  const logfmt = fromLogfmt(text);
  return logfmt ?? { message: line, level: levelOfLine(line) };
}

function fromJson(text: string): LineShape | undefined {
  const fields = parsed(text);
  // A line that was cut is no JSON any more; its message mostly stands before the cut.
  if (fields === undefined) return fromBrokenJson(text);
  const message = textOf(fields, messageKeys);
  if (message === undefined) return undefined;
  const error = textOf(fields, errorKeys);
  const status = statusKeys.map(key => fields[key]).find(value => typeof value === 'number');
  const level =
    firstOf(levelKeys, key => levelIn(fields[key])) ??
    (status === undefined || status < 400 || status > 599 ? levelOfLine(message) : levelOfStatus(status));
  return { message: withError(message, error), level };
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function textOf(fields: JsonObject, keys: readonly string[]): string | undefined {
  return firstOf(keys, key => {
    const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (typeof value === 'string' && value !== '') return value;
    // `"err": {"message": "…"}`, as error objects are serialised.
    return isObject(value) && typeof value['message'] === 'string' ? value['message'] : undefined;
  });
}

const brokenMessage = /"(?:msg|message)"\s*:\s*"((?:[^"\\]|\\.)*)"/;
const brokenLevel = /"(?:level|severity|lvl)"\s*:\s*"(\w+)"/;

function fromBrokenJson(text: string): LineShape | undefined {
  const message = brokenMessage.exec(text)?.[1];
  if (message === undefined) return undefined;
  return { message, level: levelNamed(brokenLevel.exec(text)?.[1] ?? '') ?? levelOfLine(message) };
}

// One pair at a time from where the last ended, so that a line of any length is read once.
const pair = /(?:^|[ \t])([A-Za-z_][\w.-]*)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))/g;

function fromLogfmt(text: string): LineShape | undefined {
  if (!text.includes('=')) return undefined;
  const fields = new Map<string, string>();
  for (const [, key = '', quoted, plain = ''] of text.matchAll(pair))
    fields.set(key, quoted?.replaceAll(String.raw`\"`, '"') ?? plain);
  const message = firstOf(messageKeys, key => fields.get(key));
  if (message === undefined || message === '') return undefined;
  const level = firstOf(levelKeys, key => levelNamed(fields.get(key) ?? '')) ?? levelOfLine(text);
  return {
    message: withError(
      message,
      firstOf(errorKeys, key => fields.get(key)),
    ),
    level,
  };
}

function withError(message: string, error: string | undefined): string {
  return error === undefined || error === '' || message.includes(error)
    ? message
    : `${message}: ${error.slice(0, errorChars)}`;
}

function firstOf<T>(keys: readonly string[], read: (key: string) => T | undefined): T | undefined {
  for (const key of keys) {
    const found = read(key);
    if (found !== undefined) return found;
  }
  return undefined;
}
