import { isObject, type Json, type JsonObject } from '../../../../src/core/json.ts';
import type { Ask } from '../ask.ts';
import { comparable } from '../comparable.ts';
import type { Exchange } from './between.ts';

/** What was asked in the course of a script, and what a real server answered. */
export type Transcript = { ask: Ask; answer: JsonObject }[];

/** Discovery and schemas have requests of their own, and are asked at every turn. */
const leftOut = /^\/(api|apis|openapi\/v[23](\/.*)?|version|healthz)(\?.*)?$/;
// A time in a body is that of the recording.
const fixedTime = '2026-01-02T03:04:05Z';

/** Exchanges as requests that can be asked of another server: what one took from an earlier answer refers to it. */
export function transcriptOf(exchanges: readonly Exchange[]): Transcript {
  const known = new Map<string, string>();
  const counts = new Map<string, number>();
  const transcript: Transcript = [];
  for (const exchange of exchanges) {
    const { method, path, status, type, warnings } = exchange;
    if (leftOut.test(path)) continue;
    const isWatch = /[?&]watch=(true|1)/.test(path) && status === 200;
    const body = isWatch ? events(exchange.text) : parsed(exchange.text);
    if (Array.isArray(body) && isWatch && body.length === 0) continue;
    const place = `${method} ${path.replace(/\?.*/, '')}`;
    const nth = (counts.get(place) ?? 0) + 1;
    counts.set(place, nth);
    const name = `${place} ${nth}`;
    const ask: Ask = {
      name,
      method,
      path: path
        .replace(/(resourceVersion=)(\d+)/, (all, key: string, version: string) =>
          version === '0' ? all : key + (known.get(`version ${version}`) ?? version),
        )
        .replaceAll(uid, found => known.get(found) ?? found),
      headers: headersOf(exchange),
      ...bodyOf(exchange, known),
      ...(isWatch && Array.isArray(body) ? { watch: { events: body.length } } : {}),
    };
    transcript.push({ ask, answer: comparable({ status, type, warnings, body }) });
    remember(body, { name, path: '', known });
  }
  return transcript;
}

const uid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

function headersOf({ accept, contentType, method, impersonated }: Exchange): Record<string, string> {
  return {
    ...(accept === undefined ? {} : { accept }),
    ...(contentType === undefined ? {} : { 'content-type': contentType }),
    ...impersonated,
    ...(method === 'GET' ? {} : { 'user-agent': 'kubectl/v1' }),
  };
}

function bodyOf({ body, contentType = '' }: Exchange, known: ReadonlyMap<string, string>): Partial<Ask> {
  if (body.length === 0) return {};
  if (contentType.includes('protobuf')) return { bytes: body.toString('base64') };
  const text = body
    .toString('utf8')
    .replaceAll(uid, found => known.get(found) ?? found)
    .replaceAll(
      /("resourceVersion":\s*")(\d+)"/g,
      (_all, key: string, version: string) => `${key}${known.get(`version ${version}`) ?? version}"`,
    )
    .replaceAll(
      /("path":\s*"\/metadata\/resourceVersion",\s*"value":\s*")(\d+)"/g,
      (_all, key: string, version: string) => `${key}${known.get(`version ${version}`) ?? version}"`,
    )
    .replaceAll(
      /("creationTimestamp":\s*)"(\d[^"]*)"/g,
      (_all, key: string, time: string) => `${key}"${known.get(`made ${time}`) ?? fixedTime}"`,
    )
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)/g, fixedTime);
  const data = parsed(text);
  // A text is sent as it is, so that what is no JSON stays none.
  return { body: typeof data === 'string' ? text : data };
}

function parsed(text: string): Json {
  try {
    // The JSON border: whatever passed.
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function events(text: string): Json[] {
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(parsed);
}

const keys: Record<string, string> = { uid: '', resourceVersion: 'version ', creationTimestamp: 'made ' };

function remember(value: Json, at: { name: string; path: string; known: Map<string, string> }): void {
  const { name, path, known } = at;
  const inside = (key: string): string => (path === '' ? key : `${path}.${key}`);
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) remember(item, { ...at, path: inside(String(index)) });
  } else if (isObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      if (member === undefined || key === 'managedFields') continue;
      const prefix = Object.hasOwn(keys, key) ? keys[key] : undefined;
      if (prefix !== undefined && typeof member === 'string')
        known.set(`${prefix}${member}`, `<<${name}|${inside(key)}>>`);
      else remember(member, { ...at, path: inside(key) });
    }
  }
}
