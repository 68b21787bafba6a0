import { X509Certificate } from 'node:crypto';
import { isObject, type JsonObject, textIn } from '../../core/json.ts';
import type { KubeObject } from '../../kubernetes/object.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
// Settings that rules look at (a Corefile) are shorter; the rest of a large one would be held for nothing.
const configChars = 8_000;
// A certificate for more names than these is one for anything.
const mostNames = 50;

/** An object as a snapshot holds it: what no rule reads is gone, and no value of a Secret is left. */
export function trimmed(object: KubeObject): KubeObject {
  const writers = object.metadata.managedFields;
  if (writers !== undefined)
    object.metadata.managedFields = writers.map(({ fieldsV1: _fields, ...entry }) => entry);
  if (object.kind === 'Secret') return withoutValues(object);
  if (object.kind === 'ConfigMap') return withoutLongValues(object);
  if (object.kind === 'Pod') delete object.metadata.annotations?.[lastApplied];
  return object;
}

/** Keys stay, and of a certificate what it says of itself: its names, and from when until when it holds. */
function withoutValues(object: KubeObject): KubeObject {
  const { data, stringData, ...rest } = object;
  const values = isObject(data) ? data : {};
  // A manifest that no server has seen yet gives them in clear.
  const keys = [...Object.keys(values), ...Object.keys(isObject(stringData) ? stringData : {})];
  const facts = rest['type'] === 'kubernetes.io/tls' ? certificateFacts(textIn(values['tls.crt'])) : {};
  // What is said of the certificate is said here, by nobody in the cluster.
  const annotations = Object.fromEntries(
    Object.entries(object.metadata.annotations ?? {}).filter(
      ([key]) => key !== lastApplied && !key.startsWith('vigie.dev/tls.'),
    ),
  );
  return {
    ...rest,
    metadata: { ...object.metadata, annotations: { ...annotations, ...facts } },
    data: Object.fromEntries(keys.map(key => [key, ''])),
  };
}

function withoutLongValues(object: KubeObject): KubeObject {
  const { data, binaryData } = object;
  return {
    ...object,
    ...(isObject(data) ? { data: shortened(data, configChars) } : {}),
    ...(isObject(binaryData) ? { binaryData: shortened(binaryData, 0) } : {}),
  };
}

function shortened(values: JsonObject, most: number): JsonObject {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, textIn(value).length > most ? '' : value]),
  );
}

/** The leaf comes first in a chain; what cannot be read as a certificate says nothing. */
function certificateFacts(base64: string): Record<string, string> {
  try {
    const { validFromDate, validToDate, subjectAltName, subject } = new X509Certificate(
      Buffer.from(base64, 'base64'),
    );
    return {
      'vigie.dev/tls.not-before': validFromDate.toISOString(),
      'vigie.dev/tls.not-after': validToDate.toISOString(),
      'vigie.dev/tls.names': namesOf(subjectAltName, subject).join(','),
    };
  } catch {
    return { 'vigie.dev/tls.unreadable': 'true' };
  }
}

/** By the alternative names; the common name counts only where there are none, which clients have long refused. */
function namesOf(alternative: string | undefined, subject: string | undefined): string[] {
  const names = (alternative ?? '')
    .split(', ')
    .filter(name => name.startsWith('DNS:') || name.startsWith('IP Address:'))
    .map(name => name.slice(name.indexOf(':') + 1));
  if (names.length > 0) return names.slice(0, mostNames);
  const common = (subject ?? '').split('\n').find(line => line.startsWith('CN='));
  return common === undefined ? [] : [common.slice('CN='.length)];
}
