import { isObject, type JsonObject } from '../../../core/json.ts';
import { type ParsedDocument, parseDocuments } from '../../../core/strict-yaml.ts';
import { misfitOf } from '../../../kubernetes/fit.ts';
import type { KubeObject } from '../../../kubernetes/object.ts';
import { invalid } from '../../k8s/manifest.ts';

/** An object of a manifest, with the lines of its fields. */
export interface ReadObject {
  object: KubeObject;
  /** The line of a field, or of the nearest that there is. */
  lineOf(path: readonly PropertyKey[]): number;
}

// More is a repository of clusters: each is looked at by itself.
const mostObjects = 5_000;

/**
 * Every object of a text, Lists taken apart. INVALID_MANIFEST: no YAML or JSON, nothing in it, or not an object of the
 * API; details: line.
 */
export async function readObjects(text: string): Promise<ReadObject[]> {
  const objects = (await parseDocuments(text)).flatMap(each => flatten(each.document, { each, above: [] }));
  if (objects.length === 0) throw invalid('The manifest holds no object', { line: 1 });
  if (objects.length > mostObjects)
    throw invalid(`The manifest holds ${objects.length} objects; one call takes ${mostObjects}`, { line: 1 });
  return objects;
}

function flatten(
  document: JsonObject,
  at: { each: ParsedDocument; above: readonly PropertyKey[] },
): ReadObject[] {
  const { each, above } = at;
  const { kind, items } = document;
  const line = each.at(above).line;
  if (typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items))
    return items.flatMap((item, index) => {
      if (!isObject(item)) throw invalid(`An item of the ${kind} is no object`, { line });
      return flatten(item, { each, above: [...above, 'items', index] });
    });
  return [{ object: objectIn(document, line), lineOf: path => each.at([...above, ...path]).line }];
}

function objectIn(document: JsonObject, line: number): KubeObject {
  const { apiVersion, kind, metadata } = document;
  if (typeof apiVersion !== 'string' || apiVersion === '')
    throw invalid(`The document at line ${line} has no apiVersion`, { line });
  if (typeof kind !== 'string' || kind === '')
    throw invalid(`The document at line ${line} has no kind`, { line });
  const name = isObject(metadata) ? (metadata['name'] ?? metadata['generateName']) : undefined;
  if (!isObject(metadata) || typeof name !== 'string' || name === '')
    throw invalid(`The document at line ${line} has no metadata.name`, { line });
  const misfit = misfitOf(
    { apiVersion, kind, metadata: structuredClone(metadata) },
    { apiVersion, kind, metadataOnly: true },
  );
  if (misfit !== undefined)
    throw invalid(
      `metadata of the document at line ${line} has a field of a wrong type: ${misfit.slice(1)}`,
      { line },
    );
  // Its metadata has the types that it must have; whatever else it holds is looked at as what it is.
  return { ...document, metadata: { ...metadata, name } } as unknown as KubeObject;
}

/** `spec.containers[0].image`, `data[a.b]` as the keys that lead there. */
export function pathKeys(path: string): PropertyKey[] {
  return [...path.matchAll(/\[([^\]]*)\]|[^.[\]]+/g)].map(([whole, inner]) =>
    inner === undefined ? whole : /^\d+$/.test(inner) ? Number(inner) : inner,
  );
}
