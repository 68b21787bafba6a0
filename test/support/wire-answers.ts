import { isObject, type Json, type JsonObject } from '../../src/core/json.ts';

const changing = new Set([
  'uid',
  'resourceVersion',
  'time',
  'creationTimestamp',
  'deletionTimestamp',
  'lastTransitionTime',
  'clusterIP',
]);
const uid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** An answer without what differs from run to run, so that two can be compared. */
export function withoutRunData(answer: {
  status: number;
  type: string | undefined;
  warning: string | undefined;
  text: string;
}): JsonObject {
  let body: Json;
  try {
    body = JSON.parse(answer.text) as Json;
  } catch {
    body = answer.text;
  }
  return {
    status: answer.status,
    ...(answer.type === undefined ? {} : { type: answer.type }),
    ...(answer.warning === undefined ? {} : { warning: answer.warning }),
    body: masked(body),
  };
}

function masked(value: Json): Json {
  if (typeof value === 'string') {
    // Times count in whole seconds, so what was made just now may be a second old.
    if (/^[01]s$/.test(value)) return 'AGE';
    return value.replace(uid, 'UID').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
  }
  if (Array.isArray(value)) return value.map(masked);
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    // Its words are ours, and questions that are never stored need no owners of their fields.
    if (member === undefined || key === 'description' || (key === 'managedFields' && !('name' in value)))
      continue;
    const runs = changing.has(key) && typeof member === 'string' && member !== '';
    result[key] = runs ? key.toUpperCase() : masked(member);
  }
  return result;
}
