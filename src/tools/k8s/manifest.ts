import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import { parseDocuments } from '../../core/strict-yaml.ts';

/** One object of a manifest that has what every object must have. */
export interface ManifestObject {
  apiVersion: string;
  kind: string;
  name: string;
  /** As the document says; undefined when it does not. */
  namespace: string | undefined;
  /** Without what the server keeps for itself. */
  manifest: JsonObject;
  /** Where its document begins. */
  line: number;
}

// Written by the server alone; in an apply they are refused or would claim fields that nobody meant to own.
const serverFields = new Set([
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
]);
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** generated: `generateName` is as good as a name, since whoever reads it makes one of it. */
interface Naming {
  generated?: true;
}

/**
 * The objects of a manifest, Lists taken apart. INVALID_MANIFEST: no YAML or JSON, not an object of the API, the same
 * object twice, or more than a person can read; details: line.
 */
export async function readManifest(text: string, naming: Naming = {}): Promise<ManifestObject[]> {
  const documents = await parseDocuments(text);
  const objects = documents.flatMap(({ document, line }) => flatten(document, { line, naming }));
  if (objects.length === 0) throw invalid('The manifest holds no object', { line: 1 });
  if (objects.length > limits.changesPerPlan) {
    throw invalid(`The manifest holds ${objects.length} objects; one call takes ${limits.changesPerPlan}`, {
      line: objects[limits.changesPerPlan]?.line ?? 1,
    });
  }
  return objects;
}

function flatten(document: JsonObject, at: { line: number; naming: Naming }): ManifestObject[] {
  const { line } = at;
  const { kind, items } = document;
  if (typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items)) {
    return items.flatMap(item => {
      if (!isObject(item)) throw invalid(`An item of the ${kind} is no object`, { line });
      return flatten(item, at);
    });
  }
  return [objectOf(document, at)];
}

function objectOf(document: JsonObject, { line, naming }: { line: number; naming: Naming }): ManifestObject {
  const { apiVersion, kind, metadata } = document;
  if (typeof apiVersion !== 'string' || apiVersion === '') throw missing('apiVersion', line);
  if (typeof kind !== 'string' || kind === '') throw missing('kind', line);
  if (!isObject(metadata)) throw missing('metadata', line);
  const { namespace, generateName } = metadata;
  const name = metadata['name'] ?? (naming.generated === true ? generateName : undefined);
  if (typeof name !== 'string' || name === '') {
    throw generateName === undefined
      ? missing('metadata.name', line)
      : invalid(`The ${kind} has only generateName: apply needs a name to find it again`, { line });
  }
  if (namespace !== undefined && typeof namespace !== 'string')
    throw invalid(`metadata.namespace of ${kind}/${name} is no text`, { line });
  return { apiVersion, kind, name, namespace, line, manifest: withoutServerFields(document, metadata) };
}

function withoutServerFields(document: JsonObject, metadata: JsonObject): JsonObject {
  const { status: _status, ...manifest } = document;
  const kept = Object.fromEntries(Object.entries(metadata).filter(([field]) => !serverFields.has(field)));
  const annotations = kept['annotations'];
  if (isObject(annotations)) {
    const { [lastApplied]: _copy, ...others } = annotations;
    if (Object.keys(others).length > 0) kept['annotations'] = others;
    else delete kept['annotations'];
  }
  return { ...manifest, metadata: kept };
}

function missing(field: string, line: number): VigieError {
  return invalid(`The document at line ${line} has no ${field}`, { line, field });
}

/** INVALID_MANIFEST at a line. */
export function invalid(message: string, at: { line: number; field?: string }): VigieError {
  return new VigieError('INVALID_MANIFEST', message, { details: at });
}
