import { VigieError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { splitApiVersion } from '../object.ts';
import { timestampAt } from '../timestamps.ts';
import table from './messages.json' with { type: 'json' };
import { readFields, unreadable, type WireField } from './wire.ts';

/*
 * kubectl sends some kinds (`create configmap`, `autoscale`, `auth can-i` …) as protobuf and does not try again with
 * JSON when that is refused. Bodies are "k8s\0", then a message {typeMeta, raw}, whose raw is the object. Go writes
 * members that are unset as empty texts, zeros and false, so those are left out again, as in its JSON.
 */

const magic = Buffer.from('k8s\0');
const messages = new Map(
  Object.entries(table.messages).map(([name, fields]) => [name, new Map(Object.entries(fields))] as const),
);

/** Members whose zero is a value of its own: Go holds them as pointers and writes them only when they are set. */
const meaningfulZeros = new Set([
  'activeDeadlineSeconds',
  'automountServiceAccountToken',
  'averageUtilization',
  'backoffLimit',
  'completions',
  'minReplicas',
  'parallelism',
  'replicas',
  'revisionHistoryLimit',
  'suspend',
  'terminationGracePeriodSeconds',
  'ttlSecondsAfterFinished',
]);

/** The object in a protobuf body, as JSON. UNKNOWN_KIND for one that kubectl does not send so, INVALID_INPUT for what cannot be read. */
export function decodeProtobuf(bytes: Buffer): JsonObject {
  if (!bytes.subarray(0, magic.length).equals(magic)) {
    throw unreadable('it does not start as Kubernetes writes it');
  }
  const envelope = readFields(bytes.subarray(magic.length));
  const typeMeta = readFields(bytesOf(envelope, 1));
  const apiVersion = bytesOf(typeMeta, 1).toString('utf8');
  const kind = bytesOf(typeMeta, 2).toString('utf8');
  const { group, version } = splitApiVersion(apiVersion);
  // `rbac.authorization.k8s.io` is the package rbac; the core group has none of its own.
  const message = `${group === '' ? 'core' : (group.split('.')[0] ?? '')}.${version}.${kind}`;
  if (!messages.has(message)) {
    const what = `${apiVersion} ${kind}`;
    throw new VigieError('UNKNOWN_KIND', `protobuf bodies of ${what} cannot be read`, { details: { what } });
  }
  return { apiVersion, kind, ...decodeMessage(message, bytesOf(envelope, 2)) };
}

function bytesOf(fields: readonly WireField[], number: number): Buffer {
  const value = fields.find(field => field.number === number)?.value;
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
}

function decodeMessage(name: string, bytes: Buffer): JsonObject {
  const known = messages.get(name);
  const result: JsonObject = {};
  for (const { number, value } of readFields(bytes)) {
    // Fields of other versions and statuses are passed over, as protobuf readers do.
    const [member, type] = known?.get(String(number))?.split(' ') ?? [];
    if (member === undefined || type === undefined) continue;
    if (type.startsWith('[]')) {
      const list = result[member];
      result[member] = [...(Array.isArray(list) ? list : []), decodeValue(type.slice(2), value) ?? ''];
    } else if (type.startsWith('=')) {
      if (Buffer.isBuffer(value)) Object.assign(result, decodeMessage(type.slice(1), value));
    } else if (type.startsWith('{}')) {
      addEntry(result, { member, type: type.slice(2), entry: value });
    } else {
      const decoded = decodeValue(type, value);
      if (decoded !== undefined && (decoded !== '' || type === 'quantity') && !isIdleZero(member, decoded)) {
        result[member] = decoded;
      }
    }
  }
  return result;
}

function isIdleZero(member: string, value: Json): boolean {
  return (value === 0 || value === false) && !meaningfulZeros.has(member);
}

function addEntry(
  result: JsonObject,
  { member, type, entry }: { member: string; type: string; entry: bigint | Buffer },
): void {
  const fields = Buffer.isBuffer(entry) ? readFields(entry) : [];
  const key = bytesOf(fields, 1).toString('utf8');
  const before = result[member];
  const entries = typeof before === 'object' && before !== null && !Array.isArray(before) ? before : {};
  // defineProperty: a key may be `__proto__`.
  Object.defineProperty(entries, key, {
    value: decodeValue(type, bytesOf(fields, 2)) ?? '',
    enumerable: true,
    writable: true,
    configurable: true,
  });
  result[member] = entries;
}

/** Undefined where JSON would leave the member out. */
function decodeValue(type: string, value: bigint | Buffer): Json | undefined {
  if (!Buffer.isBuffer(value)) return type === 'bool' ? value !== 0n : Number(value);
  switch (type) {
    case 'string':
      return value.toString('utf8');
    case 'bytes':
      return value.toString('base64');
    case 'quantity':
      return bytesOf(readFields(value), 1).toString('utf8');
    case 'time':
      return decodeTime(readFields(value));
    case 'intOrString':
      return decodeIntOrString(readFields(value));
    default:
      return decodeMessage(type, value);
  }
}

function decodeTime(fields: readonly WireField[]): string | undefined {
  const seconds = fields.find(field => field.number === 1)?.value;
  if (typeof seconds !== 'bigint') return undefined;
  return timestampAt(Number(seconds) * 1_000);
}

function decodeIntOrString(fields: readonly WireField[]): string | number {
  const isText = fields.some(field => field.number === 1 && field.value === 1n);
  if (isText) return bytesOf(fields, 3).toString('utf8');
  const number = fields.find(field => field.number === 2)?.value;
  return typeof number === 'bigint' ? Number(number) : 0;
}
