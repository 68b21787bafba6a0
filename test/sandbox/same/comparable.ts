import { isObject, type Json, type JsonObject } from '../../../src/core/json.ts';
import type { Ask, RawAnswer } from './ask.ts';

/** What is drawn anew for every object or every run, by the name of its field. */
const drawn = new Set([
  'uid',
  'resourceVersion',
  'time',
  'creationTimestamp',
  'deletionTimestamp',
  'lastTransitionTime',
  'continue',
  'nodePort',
  'healthCheckNodePort',
]);

/** An answer without what differs from run to run and from machine to machine. */
export function comparable(
  { status, type, warnings, body }: RawAnswer,
  compare?: Ask['compare'],
): JsonObject {
  if (compare === 'reason') {
    const { kind, reason, details } = isObject(body) ? body : {};
    const causes = isObject(details) ? causesOf(details) : [];
    return {
      status,
      ...(kind === undefined ? {} : { kind }),
      ...(reason === undefined ? {} : { reason }),
      ...(causes.length === 0 ? {} : { causes }),
    };
  }
  return {
    status,
    ...(type === undefined ? {} : { type }),
    ...(warnings === undefined ? {} : { warnings }),
    body: masked(body),
  };
}

/** Field and reason of each cause, without the words. */
function causesOf({ causes }: JsonObject): Json[] {
  const listed = (Array.isArray(causes) ? causes : []).filter(isObject);
  return inOrder(
    'causes',
    listed.map(({ field = null, reason = null }) => ({ field, reason })),
  );
}

function masked(value: Json): Json {
  if (typeof value === 'string') return maskedText(value);
  if (Array.isArray(value)) return value.map(masked);
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member === undefined || isLeftOut(key, value)) continue;
    const isDrawn =
      drawn.has(key) && (typeof member === 'string' ? member !== '' : typeof member === 'number');
    const shown = isDrawn ? key.toUpperCase() : masked(member);
    result[key] = Array.isArray(shown) ? inOrder(key, shown) : shown;
  }
  return result;
}

/** The words of a column and of a schema are the sandbox's own; questions that are never stored need no owners. */
function isLeftOut(key: string, { name, format }: JsonObject): boolean {
  // How a kind is stored is told to nobody but other API servers.
  if (key === 'storageVersionHash') return true;
  return (key === 'description' && format !== undefined) || (key === 'managedFields' && name === undefined);
}

/** Text without times, uids, versions, addresses and generated endings. */
export function maskedText(text: string): string {
  // Times count in whole seconds, so what was made just now may be some seconds old; what is older is so by a date.
  if (/^(?:\d{1,3}s|\dm\d+s|\d+d|\d+y(?:\d+d)?)$/.test(text)) return 'AGE';
  return (
    text
      // Values and differences are written as structs of Go, with names and members that the API does not have.
      .replaceAll(/Invalid value: [{[][^]*?[}\]]: (?=[a-zA-Z`])/g, 'Invalid value: VALUE: ')
      .replaceAll(/Invalid value: "(?:map\[|\{)[^]*?[\]}]": (?=[a-z])/g, 'Invalid value: VALUE: ')
      .replace(/\n@@ [^]*?(?:\n(\]))?$/, '$1')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replaceAll(/\b10\.(?:0|96|43)\.\d+\.\d+\b/g, 'ADDRESS')
      .replaceAll(/too old resource version: \d+ \(\d+\)/g, 'too old resource version: VERSION (VERSION)')
      .replaceAll(/current: \d+/g, 'current: VERSION')
      .replaceAll(/(precondition|record) \(\d+\)/g, '$1 (VERSION)')
      // Bindings are looked through in any order.
      .replaceAll(/(Binding|Role) "system:[a-z-]+"/g, '$1 "system:DRAWN"')
      .replaceAll(/127\.0\.0\.1:\d+/g, 'SERVER')
      .replaceAll(/:3[0-2]\d{3}\b/g, ':PORT')
      .replaceAll(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-DRAWN')
  );
}

/**
 * What has no order that a client could rely on: a real server tells a cause as often as it meets it, names the owners
 * of conflicting fields in any order, and sorts managers by the second of their last write.
 */
function inOrder(key: string, items: Json[]): Json[] {
  if (key === 'managedFields') return items.toSorted((a, b) => (managerText(a) < managerText(b) ? -1 : 1));
  if (key !== 'causes') return items;
  const once = [...new Map(items.map(item => [JSON.stringify(item), item])).values()];
  const conflicts = once.every(item => isObject(item) && item['reason'] === 'FieldManagerConflict');
  return conflicts ? once.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : once;
}

function managerText(entry: Json): string {
  const { operation, manager, subresource } = isObject(entry) ? entry : {};
  return JSON.stringify([operation, manager, subresource]);
}
