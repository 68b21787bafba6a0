import type { KubeReader } from '../../clients/kube/reader.ts';
import { VigieError } from '../../core/errors.ts';
import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import { nearestNames } from '../../core/nearest.ts';
import { readAssigned, refuseWord } from './assigned.ts';

// As many as help to find the right one.
const shownKeys = 10;

const sources = {
  secret: { kind: 'Secret', field: 'secretKeyRef' },
  configmap: { kind: 'ConfigMap', field: 'configMapKeyRef' },
} as const;

/** A variable as it is asked for: what stands in `env` beside its name, or that it goes. */
type Variable = { name: string } & (
  | { value: string }
  | { from: { field: string; name: string; key: string } }
  | { gone: true }
);

/** Changes of containers that set, refer or remove variables. Values are never compared: that would answer a guess. */
export async function variablesFor(
  containers: readonly JsonObject[],
  asked: { words: readonly string[]; kube: KubeReader; namespace: string | undefined },
): Promise<JsonObject[]> {
  if (asked.words.length === 0) return [];
  const variables: Variable[] = [];
  for (const word of asked.words) variables.push(await readVariable(word, asked));
  return containers.flatMap(container => {
    const env = variables.flatMap(variable => entryFor(variable, standing(container, variable.name)));
    return env.length === 0 ? [] : [{ name: container['name'], env }];
  });
}

async function readVariable(
  word: string,
  at: { kube: KubeReader; namespace: string | undefined },
): Promise<Variable> {
  const reference = /^([^=@]+)@(secret|configmap)\/([^/=]+)\/([^/=]+)$/i.exec(word);
  if (reference !== null) {
    const [, variable = '', sort = '', name = '', key = ''] = reference;
    const source = sort.toLowerCase() === 'secret' ? sources.secret : sources.configmap;
    await assertKey({ kind: source.kind, name, key, ...at });
    return { name: variable, from: { field: source.field, name, key } };
  }
  if (word.includes('@') && !word.includes('='))
    throw refuseWord('env', word, 'refers to neither secret/NAME/KEY nor configmap/NAME/KEY');
  const { name, value } = readAssigned(word, 'env');
  return value === null ? { name, gone: true } : { name, value };
}

/** A pod with a key that is not there does not start. Whoever may not read the object is told so by the pod alone. */
async function assertKey(asked: {
  kind: 'Secret' | 'ConfigMap';
  name: string;
  key: string;
  kube: KubeReader;
  namespace: string | undefined;
}): Promise<void> {
  const { kind, name, key, kube, namespace } = asked;
  const object = await kube
    .get({ kind, name, apiVersion: 'v1', ...(namespace === undefined ? {} : { namespace }) })
    .catch((error: unknown) => {
      if (error instanceof VigieError && error.code === 'FORBIDDEN') return undefined;
      throw error;
    });
  if (object === undefined) return;
  const data = object['data'];
  const keys = isObject(data) ? Object.keys(data) : [];
  if (keys.includes(key)) return;
  const nearest = nearestNames(key, keys);
  const others =
    nearest.length === 0
      ? `it has ${keys.slice(0, shownKeys).join(', ')}`
      : `did you mean ${nearest.join(', ')}?`;
  const said = JSON.stringify(key.slice(0, 64));
  throw new VigieError('INVALID_INPUT', `env: ${kind}/${name} has no key ${said}: ${others}`, {
    details: { issues: [{ field: 'env', message: 'no such key' }], nearest },
  });
}

/** The entry of a container's env that is there already. */
function standing(container: JsonObject, name: string): JsonObject | undefined {
  const list: Json[] = Array.isArray(container['env']) ? container['env'] : [];
  return list.filter(isObject).find(entry => entry['name'] === name);
}

/** The entry of a strategic patch; what it replaces in another form is taken away, since a variable has one form. */
function entryFor(variable: Variable, was: JsonObject | undefined): JsonObject[] {
  const { name } = variable;
  if ('gone' in variable) return was === undefined ? [] : [{ name, $patch: 'delete' }];
  if ('value' in variable)
    return [{ name, value: variable.value, ...(isObject(was?.['valueFrom']) ? { valueFrom: null } : {}) }];
  const { field, ...reference } = variable.from;
  const others = Object.keys(isObject(was?.['valueFrom']) ? was['valueFrom'] : {}).filter(
    other => other !== field,
  );
  const valueFrom = {
    [field]: reference,
    ...Object.fromEntries(others.map((other): [string, null] => [other, null])),
  };
  return [{ name, valueFrom, ...(was?.['value'] === undefined ? {} : { value: null }) }];
}
