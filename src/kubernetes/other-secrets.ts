import { isObject, type Json, type JsonObject } from '../core/json.ts';
import { isSecretField, maskForms } from '../core/secret-forms.ts';
import { isSecretFlag, soundsSecret } from '../core/secret-names.ts';
import { newStandIn } from '../core/stand-in.ts';

/*
 * Whoever proposes a value for a place whose value is masked could else read the answer to a guess: nothing to do, no
 * conflict, another risk, a line more in the diff. What they are told is therefore made from this: the same object with
 * values in those places that nobody has.
 */

/** An object with other values wherever one would be masked by its place or its form; undefined where it sets none. */
export function withOtherSecrets<T extends object>(object: T): T | undefined;
export function withOtherSecrets(object: object): object | undefined {
  // One for the whole object: of two places nobody is told whether they hold the same.
  const other = { text: newStandIn(), found: false };
  if (!isObject(object)) return undefined;
  const kind = object['kind'];
  // A definition describes secrets (`basic authentication`) and holds none.
  if (kind === 'CustomResourceDefinition') return undefined;
  const replaced = Object.fromEntries(
    Object.entries(object).map(([field, value]) => {
      if (kind === 'Secret' && isObject(value) && (field === 'data' || field === 'stringData'))
        return [field, everyValue(value, { other, encoded: field === 'data' })];
      if (kind === 'ConfigMap' && isObject(value) && field === 'data')
        return [field, withOthers(namedValues(value, other), other)];
      const sent = kind === 'Secret' && field === 'metadata' ? withoutApplied(value, other) : value;
      return [field, sent === undefined ? undefined : withOthers(sent, other)];
    }),
  );
  return other.found ? replaced : undefined;
}

interface Other {
  text: string;
  found: boolean;
}

function everyValue(data: JsonObject, { other, encoded }: { other: Other; encoded: boolean }): JsonObject {
  // A registry login must be JSON for the server to take it.
  const text = JSON.stringify({ auths: { [other.text]: {} } });
  const value = encoded ? Buffer.from(text).toString('base64') : text;
  return Object.fromEntries(
    Object.entries(data).map(([key, sent]) => {
      // What a patch takes away, and how it is merged, is no value.
      if (sent === null || key.startsWith('$')) return [key, sent];
      other.found = true;
      return [key, value];
    }),
  );
}

/** The annotation in which kubectl keeps a Secret as it was applied. */
function withoutApplied(metadata: Json | undefined, other: Other): Json | undefined {
  const annotations = isObject(metadata) ? metadata['annotations'] : undefined;
  if (!isObject(metadata) || !isObject(annotations) || typeof annotations[lastApplied] !== 'string')
    return metadata;
  return { ...metadata, annotations: { ...annotations, [lastApplied]: use(other) } };
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

function namedValues(data: JsonObject, other: Other): JsonObject {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [
      key,
      typeof value === 'string' && soundsSecret(key) ? use(other) : value,
    ]),
  );
}

function withOthers(value: Json, other: Other): Json {
  if (typeof value === 'string') return maskForms(value, () => use(other));
  if (Array.isArray(value))
    return value.map((item, index) =>
      typeof item === 'string' && isSecretFlag(value[index - 1]) ? use(other) : withOthers(item, other),
    );
  if (!isObject(value)) return value;
  const { name } = value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (key === 'value' && typeof item === 'string' && typeof name === 'string' && soundsSecret(name))
        return [key, use(other)];
      if (typeof item === 'string' && isSecretField(key, item)) return [key, use(other)];
      return [key, item === undefined ? undefined : withOthers(item, other)];
    }),
  );
}

function use(other: Other): string {
  other.found = true;
  return other.text;
}
