import { isScalar, parseDocument, visit } from 'yaml';
import { VigieError } from '../../core/errors.ts';
import { isObject, type Json, type JsonObject, plainText, textIn } from '../../core/json.ts';
import { conversionMismatch, typeMismatch, unknownFields } from '../../kubernetes/decoding.ts';
import { dropFields } from '../../kubernetes/drop-fields.ts';
import { goText } from '../../kubernetes/go-text.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { decodeProtobuf } from '../../kubernetes/protobuf/decode.ts';
import { lateFields } from '../../kubernetes/releases.ts';
import { notSupported } from '../../kubernetes/validation/problem.ts';
import { minorOf } from '../releases.ts';
import { apiVersionOf, type Resource } from '../resource.ts';
import { badRequest, failure, invalid } from '../status.ts';
import { type Exchange, readBody } from './exchange.ts';

const deepestBody = 200;

function mediaType(exchange: Exchange): string {
  return (
    (exchange.request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? ''
  );
}

/** The body as data, whatever of JSON, YAML and (for the kinds that kubectl sends so) protobuf it came in; undefined when it is empty. */
export async function readData(exchange: Exchange): Promise<Json | undefined> {
  const bytes = await readBody(exchange.request);
  if (bytes.length === 0) return undefined;
  switch (mediaType(exchange)) {
    case 'application/json':
      return parseJson(bytes.toString('utf8'));
    case 'application/yaml':
      return readYaml(bytes.toString('utf8'));
    case 'application/vnd.kubernetes.protobuf':
      return readProtobuf(bytes);
    default:
      throw unsupportedMedia(['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']);
  }
}

function readProtobuf(bytes: Buffer): JsonObject {
  try {
    return decodeProtobuf(bytes);
  } catch (error) {
    if (!(error instanceof VigieError)) throw error;
    if (error.code !== 'UNKNOWN_KIND') throw badRequest(error.message);
    throw failure(415, {
      reason: 'UnsupportedMediaType',
      message: `the sandbox does not simulate protobuf bodies of ${plainText(error.details['what'])}; send JSON`,
    });
  }
}

export function unsupportedMedia(accepted: readonly string[]): Error {
  return failure(415, {
    reason: 'UnsupportedMediaType',
    message: `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  });
}

export function parseJson(text: string): Json {
  let data: Json;
  try {
    data = JSON.parse(text) as Json;
  } catch (cause) {
    throw badRequest(
      `the body cannot be read as JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
  requireShallow(data, 0);
  return data;
}

/** JSON, which most clients send as YAML, is read as such: a parser of YAML takes a hundred times as long. */
export function readYaml(text: string): Json {
  let data: Json;
  try {
    data = jsonIn(text) ?? dataInYaml(text);
  } catch (cause) {
    throw badRequest(`error decoding YAML: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  requireShallow(data, 0);
  return data;
}

function jsonIn(text: string): Json | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    // Braces and brackets begin YAML, too.
    return undefined;
  }
}

function dataInYaml(text: string): Json {
  // The package compares each key with every other one; what it would refuse is found below in one go. The real server
  // reads version 1.1, in which `y` is true.
  const document = parseDocument(text, { version: '1.1', uniqueKeys: false });
  const [problem] = document.errors;
  if (problem !== undefined) throw problem;
  visit(document, {
    Map(_key, node) {
      const keys = new Set<unknown>();
      for (const { key } of node.items) {
        const name = isScalar(key) ? key.value : key;
        if (keys.has(name)) throw new Error(`key ${JSON.stringify(name)} is given twice`);
        keys.add(name);
      }
    },
  });
  // The YAML border: with few aliases it is plain data.
  return document.toJS({ maxAliasCount: 100 }) as Json;
}

/** What recursion over a body can bear. */
function requireShallow(value: Json | undefined, depth: number): void {
  if (depth > deepestBody) throw badRequest(`the body is nested deeper than ${deepestBody} levels`);
  if (Array.isArray(value)) for (const item of value) requireShallow(item, depth + 1);
  else if (isObject(value)) for (const member of Object.values(value)) requireShallow(member, depth + 1);
}

/** The body as an object of the resource, in the place that the URL names. */
export async function readObject(
  exchange: Exchange,
  at: { resource: Resource; namespace: string | undefined; name: string | undefined },
): Promise<KubeObject> {
  const data = await readData(exchange);
  if (!isObject(data)) throw badRequest('the request has no object in its body');
  return placeObject(data, at);
}

/** Checks that data is an object of the resource and completes kind, apiVersion and place from the URL. */
export function placeObject(
  data: JsonObject,
  at: { resource: Resource; namespace: string | undefined; name: string | undefined },
): KubeObject {
  const { resource, namespace, name } = at;
  const apiVersion = apiVersionOf(resource);
  if (
    (data['kind'] ?? resource.kind) !== resource.kind ||
    (data['apiVersion'] ?? apiVersion) !== apiVersion
  ) {
    const given = { kind: textIn(data['kind']), version: textIn(data['apiVersion']) };
    const group = resource.group === '' ? 'core' : (resource.group.split('.')[0] ?? '');
    throw badRequest(
      `${given.kind} in version "${given.version}" cannot be handled as a ${resource.kind}: converting (${given.version.split('/').at(-1)}.${given.kind}) to (${group}.${resource.kind}): unknown conversion`,
    );
  }
  const given = data['metadata'] ?? {};
  if (!isObject(given)) throw badRequest('metadata must be an object');
  const metadata = { ...given };
  for (const key of Object.keys(metadata)) if (metadata[key] === null) delete metadata[key];
  if (name !== undefined && textIn(metadata['name']) !== '' && metadata['name'] !== name) {
    throw badRequest(
      `the name of the object (${textIn(metadata['name'])}) does not match the name on the URL (${name})`,
    );
  }
  if (resource.namespaced && textIn(metadata['namespace']) !== '' && metadata['namespace'] !== namespace) {
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
  }
  delete metadata['namespace'];
  if (resource.namespaced && namespace !== undefined) metadata['namespace'] = namespace;
  if (name !== undefined) metadata['name'] = name;
  metadata['name'] ??= '';
  // The JSON border: types are checked against the schema by whoever takes the object in.
  return { ...data, apiVersion, kind: resource.kind, metadata } as unknown as KubeObject;
}

/** An object that a patch made; of a strategic merge the patch itself is what a server quotes. */
interface Patched {
  strategically: Json | undefined;
}

/** A patch is judged by what it makes of the object. */
export function unreadableResult(given: string, why: string): Error {
  return invalid({ apiVersion: '', kind: '', name: '' }, [
    {
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(given)}: ${why}`,
      field: 'patch',
    },
  ]);
}

/**
 * Checks an object against the schema of its kind as fieldValidation asks: unknown fields are refused (Strict),
 * warned of (the default) or passed over, and in the last two cases dropped.
 */
export function checkFields(
  exchange: Exchange,
  { resource, object, patched }: { resource: Resource; object: KubeObject; patched?: Patched },
): KubeObject {
  const mode = exchange.query.get('fieldValidation') || 'Warn';
  if (mode !== 'Strict' && mode !== 'Warn' && mode !== 'Ignore') {
    throw invalid({ apiVersion: 'meta.k8s.io/v1', kind: 'CreateOptions', name: '' }, [
      notSupported('fieldValidation', { value: mode, supported: ['', 'Ignore', 'Strict', 'Warn'] }),
    ]);
  }
  if (resource.custom) return object;
  const { strategically } = patched ?? {};
  const mismatch = strategically === undefined ? typeMismatch(object) : conversionMismatch(object);
  const refused = (why: string) =>
    unreadableResult(strategically === undefined ? JSON.stringify(object) : goText(strategically), why);
  if (mismatch !== undefined && patched !== undefined) throw refused(mismatch);
  if (mismatch !== undefined) {
    throw badRequest(
      `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: ${mismatch}`,
    );
  }
  const late = lateFields(minorOf(exchange.cluster.world), object).filter(({ known }) => !known);
  const unknown = [...unknownFields(object), ...late.map(({ path }) => path)];
  if (unknown.length === 0) return object;
  const complaints = unknown.map(field => `unknown field "${field}"`);
  if (mode === 'Strict' && patched !== undefined) {
    throw refused(`strict decoding error: ${complaints.join(', ')}`);
  }
  if (mode === 'Strict') {
    throw badRequest(
      `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: strict decoding error: ${complaints.join(', ')}`,
    );
  }
  if (mode === 'Warn') exchange.warnings.push(...complaints);
  return dropFields(object, unknown);
}
