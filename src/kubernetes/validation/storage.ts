import { isObject, type JsonObject, textOf } from '../../core/json.ts';
import { dataKeyFaults, subdomainFaults } from '../names.ts';
import { amountOf } from './containers.ts';
import {
  type FieldProblem,
  forbidden,
  immutable,
  invalid,
  invalidForm,
  isSame,
  notSupported,
  objectOf,
  oneOf,
  type Rules,
  required,
} from './problem.ts';

// The server's limit for all values of a ConfigMap or Secret together: what one entry of its store can hold.
const maxDataBytes = 1024 * 1024;

const frozen = 'field is immutable when `immutable` is set';

export const configMapRules: Rules = (object, old) => {
  const [data, binary] = [objectOf(object, 'data'), objectOf(object, 'binaryData')];
  const problems: FieldProblem[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    problems.push(...keyProblems('data', key));
    if (Object.hasOwn(binary, key)) {
      problems.push(
        invalid(`data[${key}]`, { value: key, detail: 'duplicate of key present in binaryData' }),
      );
    }
    bytes += typeof value === 'string' ? Buffer.byteLength(value) : 0;
  }
  for (const [key, value] of Object.entries(binary)) {
    problems.push(...keyProblems('binaryData', key));
    bytes += typeof value === 'string' ? Buffer.byteLength(value, 'base64') : 0;
  }
  if (bytes > maxDataBytes) problems.push(tooLong(''));
  return [...problems, ...dataKept(object, { old, fields: ['data', 'binaryData'] })];
};

// What a secret of each type cannot do without.
const neededOfType: Record<string, string[]> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
};

/** The rules of a Secret. No message holds a value of it. */
export const secretRules: Rules = (object, old) => {
  const data = objectOf(object, 'data');
  const type = textOf(object, 'type');
  const problems = Object.keys(data).flatMap(key => keyProblems('data', key));
  const bytes = Object.values(data).reduce<number>(
    (sum, value) => sum + (typeof value === 'string' ? Buffer.byteLength(value, 'base64') : 0),
    0,
  );
  if (bytes > maxDataBytes) problems.push(tooLong('data'));
  const needed = Object.hasOwn(neededOfType, type) ? (neededOfType[type] ?? []) : [];
  for (const key of needed) if (data[key] === undefined) problems.push(required(`data[${key}]`));
  if (
    type === 'kubernetes.io/basic-auth' &&
    data['username'] === undefined &&
    data['password'] === undefined
  ) {
    problems.push(required('data[username]'), required('data[password]'));
  }
  const config = data['.dockerconfigjson'];
  if (type === 'kubernetes.io/dockerconfigjson' && typeof config === 'string' && !isJson(config)) {
    const detail = 'the content is no JSON';
    problems.push(invalid('data[.dockerconfigjson]', { value: '<secret contents redacted>', detail }));
  }
  // Not by the value: what a Secret holds is in no message, its type is.
  const kept = old === undefined ? [] : immutable('type', { value: object['type'], old: old['type'] });
  return [...kept, ...problems, ...dataKept(object, { old, fields: ['data'] })];
};

function keyProblems(field: string, key: string): FieldProblem[] {
  return invalidForm(`${field}[${key}]`, { value: key, faults: dataKeyFaults(key) });
}

function dataKept(
  object: JsonObject,
  { old, fields }: { old: JsonObject | undefined; fields: readonly string[] },
): FieldProblem[] {
  if (old?.['immutable'] !== true) return [];
  const problems = object['immutable'] === true ? [] : [forbidden('immutable', frozen)];
  return [
    ...problems,
    ...fields.filter(name => !isSame(object[name], old[name])).map(name => forbidden(name, frozen)),
  ];
}

function tooLong(field: string): FieldProblem {
  return {
    field,
    reason: 'FieldValueInvalid',
    message: `Too long: may not be more than ${maxDataBytes} bytes`,
  };
}

function isJson(base64: string): boolean {
  try {
    JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

export const claimRules: Rules = (object, old) => {
  const spec = objectOf(object, 'spec');
  const problems = claimSpecProblems(spec);
  if (old === undefined) return problems;
  const before = objectOf(old, 'spec');
  const isBound = objectOf(old, 'status')['phase'] === 'Bound';
  if (
    isSame(fixedPart(spec, { isBound }), fixedPart({ ...before, ...allocatedOf(spec, before) }, { isBound }))
  ) {
    return isBound ? [...problems, ...growthProblems(spec, before)] : problems;
  }
  const detail =
    'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
  return [...problems, forbidden('spec', detail)];
};

function claimSpecProblems(spec: JsonObject): FieldProblem[] {
  const modes = Array.isArray(spec['accessModes']) ? spec['accessModes'] : [];
  const problems: FieldProblem[] = [];
  if (modes.length === 0) problems.push(required('spec.accessModes', 'at least 1 access mode is required'));
  for (const mode of modes) {
    if (typeof mode !== 'string' || !accessModes.includes(mode)) {
      problems.push(notSupported('spec.accessModes', { value: mode, supported: accessModes }));
    }
  }
  const storage = objectOf(objectOf(spec, 'resources'), 'requests')['storage'];
  const amount = amountOf(storage);
  if (amount === undefined) problems.push(required('spec.resources[storage]'));
  else if (amount <= 0n) {
    problems.push(
      invalid('spec.resources[storage]', { value: storage, detail: 'must be greater than zero' }),
    );
  }
  const storageClass = textOf(spec, 'storageClassName');
  if (storageClass !== '') {
    const faults = subdomainFaults(storageClass);
    problems.push(...invalidForm('spec.storageClassName', { value: storageClass, faults }));
  }
  return [
    ...problems,
    ...oneOf('spec.volumeMode', { value: spec['volumeMode'], supported: ['Block', 'Filesystem'] }),
  ];
}

/** What may be set once where it was not: the volume by the binder, the class by a later default. */
function allocatedOf(spec: JsonObject, before: JsonObject): JsonObject {
  const set: JsonObject = {};
  for (const name of ['volumeName', 'storageClassName']) {
    if (before[name] === undefined && spec[name] !== undefined) set[name] = spec[name];
  }
  return set;
}

function fixedPart(spec: JsonObject, { isBound }: { isBound: boolean }): JsonObject {
  if (!isBound) return spec;
  const { volumeAttributesClassName: _, ...rest } = spec;
  return { ...rest, resources: { ...objectOf(spec, 'resources'), requests: undefined } };
}

function growthProblems(spec: JsonObject, before: JsonObject): FieldProblem[] {
  const sizeOf = (part: JsonObject) =>
    amountOf(objectOf(objectOf(part, 'resources'), 'requests')['storage']) ?? 0n;
  if (sizeOf(spec) >= sizeOf(before)) return [];
  return [forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity')];
}

// Members of a PersistentVolume's spec that are no volume source.
const notSources = new Set(['claimRef', 'capacity', 'nodeAffinity']);

export const volumeRules: Rules = object => {
  const spec = objectOf(object, 'spec');
  const problems: FieldProblem[] = [];
  if (!Array.isArray(spec['accessModes']) || spec['accessModes'].length === 0) {
    problems.push(required('spec.accessModes'));
  }
  const capacity = objectOf(spec, 'capacity');
  if (Object.keys(capacity).length === 0) problems.push(required('spec.capacity'));
  if (capacity['storage'] === undefined) {
    const value = Object.keys(capacity).length === 0 ? null : capacity;
    problems.push(notSupported('spec.capacity', { value, supported: ['storage'] }));
  }
  if (!Object.keys(spec).some(name => isObject(spec[name]) && !notSources.has(name))) {
    problems.push(required('spec', 'must specify a volume type'));
  }
  return problems;
};

export const storageClassRules: Rules = (object, old) => {
  const problems = textOf(object, 'provisioner') === '' ? [required('provisioner')] : [];
  if (old === undefined) return problems;
  const kept = ['provisioner', 'reclaimPolicy', 'volumeBindingMode'];
  return [
    ...problems,
    ...kept.flatMap(name => immutable(name, { value: object[name], old: old[name] })),
    ...(isSame(object['parameters'], old['parameters'])
      ? []
      : old['parameters'] === undefined
        ? immutable('parameters', { value: object['parameters'], old: null })
        : [forbidden('parameters', 'updates to parameters are forbidden.')]),
  ];
};
