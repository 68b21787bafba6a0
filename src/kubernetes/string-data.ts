import { isObject, type JsonObject } from '../core/json.ts';
import type { KubeObject } from './object.ts';

/** `stringData` is only a way to write: it becomes base64 `data` and is never stored. */
export function encodeStringData(object: KubeObject): KubeObject {
  if (object.kind !== 'Secret' || object.apiVersion !== 'v1' || !isObject(object['stringData']))
    return object;
  const { stringData, ...rest } = object;
  const data: JsonObject = isObject(rest['data']) ? { ...rest['data'] } : {};
  for (const [key, value] of Object.entries(isObject(stringData) ? stringData : {})) {
    if (typeof value === 'string') data[key] = Buffer.from(value, 'utf8').toString('base64');
  }
  return { ...rest, data };
}
