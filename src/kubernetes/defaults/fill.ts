import { isObject, type JsonObject } from '../../core/json.ts';

/** Fills in the defaults of one struct, in place: it is handed a fresh copy in which unset fields are absent. */
export type Fill = (given: JsonObject) => void;

/** Fills by the name of the definition they belong to. */
export type Fills = { [definition: string]: Fill };

/** Sets the members that are absent. */
export function fillIn(given: JsonObject, values: JsonObject): void {
  for (const [name, value] of Object.entries(values)) {
    if (given[name] === undefined && value !== undefined) given[name] = structuredClone(value);
  }
}

/** A member that is an object, made when it is absent. */
export function objectAt(given: JsonObject, name: string): JsonObject {
  const value = given[name];
  if (isObject(value)) {
    const copy = { ...value };
    given[name] = copy;
    return copy;
  }
  const made: JsonObject = {};
  given[name] = made;
  return made;
}
