import { isObject, type Json, type JsonObject } from '../../core/json.ts';

/** The objects of a list that a server sent; what is no object in it is left out. */
export function objectsIn(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function textsIn(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : [];
}

/** Empty where the server sent no text. */
export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
