import { isObject, type JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../kubernetes/object.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * An object without what nobody asks for: managedFields, and kubectl's copy of the object in an annotation.
 * A Secret keeps the names of its keys only, whichever field is asked for afterwards: a size would narrow down a guess.
 */
export function shownObject(object: KubeObject): JsonObject {
  const { managedFields: _bookkeeping, annotations, ...metadata } = object.metadata;
  const { [lastApplied]: _copy, ...otherAnnotations } = annotations ?? {};
  const { apiVersion, kind, metadata: _metadata, ...body } = object;
  const kept = Object.keys(otherAnnotations).length === 0 ? {} : { annotations: otherAnnotations };
  return {
    apiVersion,
    kind,
    metadata: plain({ ...metadata, ...kept }),
    ...plain(kind === 'Secret' ? withoutValues(body) : body),
  };
}

function withoutValues(secret: object): object {
  return Object.fromEntries(
    Object.entries(secret).map(([field, value]) => [
      field,
      (field === 'data' || field === 'stringData') && isObject(value) ? withoutText(value) : value,
    ]),
  );
}

function withoutText(data: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, value === '' ? '<empty>' : '<set>']),
  );
}

// An object came over the wire as JSON, so all of its members are.
function plain(members: object): JsonObject {
  return isObject(members) ? members : {};
}
