import { isObject, type Json, type JsonObject } from '../../../core/json.ts';
import { readTemplate } from './template.ts';

/**
 * The same value with each expression replaced by what it comes to. A text that is one expression alone becomes its value,
 * of whatever type; in any other text the value is written out. What comes out is never looked through again.
 */
export async function fillIn(value: Json, evaluate: (source: string) => Promise<Json>): Promise<Json> {
  if (typeof value === 'string') return fillInText(value, evaluate);
  if (Array.isArray(value)) {
    const items: Json[] = [];
    for (const item of value) items.push(await fillIn(item, evaluate));
    return items;
  }
  return isObject(value) ? fillInObject(value, evaluate) : value;
}

async function fillInObject(
  value: JsonObject,
  evaluate: (source: string) => Promise<Json>,
): Promise<JsonObject> {
  const members: [string, Json][] = [];
  for (const [key, member] of Object.entries(value))
    members.push([key, await fillIn(member ?? null, evaluate)]);
  return Object.fromEntries(members);
}

async function fillInText(text: string, evaluate: (source: string) => Promise<Json>): Promise<Json> {
  const { embedded, whole } = readTemplate(text);
  if (whole && embedded[0] !== undefined) return evaluate(embedded[0].source);
  let made = '';
  let from = 0;
  for (const { source, start, end } of embedded) {
    const value = await evaluate(source);
    made += text.slice(from, start) + (typeof value === 'string' ? value : JSON.stringify(value));
    from = end;
  }
  return made + text.slice(from);
}
