import type { JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { apiVersionOf, type Resource } from '../resource.ts';
import { servedForm } from './versions.ts';

/*
 * Objects are never changed in place, so each one's JSON text is made once. It is kept without kind and apiVersion,
 * because a list of built-in objects leaves those out.
 */
const texts = new WeakMap<KubeObject, string>();
const metadataTexts = new WeakMap<KubeObject, string>();

function bodyText(object: KubeObject): string {
  let text = texts.get(object);
  if (text === undefined) {
    const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
    text = JSON.stringify(rest).slice(1);
    texts.set(object, text);
  }
  return text;
}

/** One object with its kind, in the version of the resource. */
export function objectText(resource: Resource, object: KubeObject): string {
  const served = servedForm(resource, object);
  return `{"kind":${JSON.stringify(served.kind)},"apiVersion":${JSON.stringify(apiVersionOf(resource))},${bodyText(served)}`;
}

/** An object as it stands in a list. */
export function itemText(resource: Resource, object: KubeObject): string {
  return resource.custom ? objectText(resource, object) : `{${bodyText(servedForm(resource, object))}`;
}

/** A PartialObjectMetadata. */
export function metadataText(object: KubeObject): string {
  let text = metadataTexts.get(object);
  if (text === undefined) {
    text = writeMetadata(object);
    metadataTexts.set(object, text);
  }
  return text;
}

function writeMetadata(object: KubeObject): string {
  return `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":${JSON.stringify(object.metadata)}}`;
}

/** A list of texts under the metadata of the list. */
export function listText(
  { kind, apiVersion }: { kind: string; apiVersion: string },
  { metadata, items }: { metadata: JsonObject; items: readonly string[] },
): string {
  return `{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[${items.join(',')}]}\n`;
}
