import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject, listOf, memberOf, textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import type { OpenCopy } from '../engine.ts';
import { type CnpgSettings, methodOf, recordOf } from './cnpg-backup.ts';
import { amountsOf, pluginOf, recoverableOf } from './cnpg-recovery.ts';

export const recordPart = 'backup.json';
/** Of a record as it is read back. */
const recordBytes = 1024 * 1024;
const factChars = 400;

/** All that a copy keeps: what leads to the data, and what a Cluster that recovers from it has to be like. */
export function wholeRecord(
  backup: KubeObject,
  { settings, cluster }: { settings: CnpgSettings; cluster: KubeObject },
): JsonObject {
  return { ...recordOf(backup), ...pluginIn(settings, cluster), recoverable: recoverableOf(cluster) };
}

/** The plugin that made it, as a Cluster names it to recover from it. */
function pluginIn(settings: CnpgSettings, { spec, metadata }: KubeObject): { plugin?: JsonObject } {
  if (methodOf(settings) !== 'plugin') return {};
  const found = listOf(spec, 'plugins').find(each => textOf(each, 'name') === settings.plugin);
  return { plugin: pluginOf(found ?? { name: settings.plugin ?? '' }, metadata.name) };
}

/** When the base was complete, by the operator; that it leaves out, now: it has just said so. */
export function endOf({ status }: KubeObject): string {
  const said = textOf(status, 'stoppedAt') || textOf(status, 'reconciliationTerminatedAt');
  const time = Date.parse(said);
  return new Date(Number.isNaN(time) ? Date.now() : time).toISOString();
}

/** What the manifest says in the open. */
export function factsOf(record: JsonObject): Record<string, string> {
  const recoverable = memberOf(record, 'recoverable');
  const { cpu = '', memory = '', volumes = '' } = amountsOf(memberOf(recoverable, 'spec'));
  const facts = {
    kind: 'cnpg',
    cluster: textOf(record, 'cluster'),
    namespace: textOf(record, 'namespace'),
    backup: textOf(record, 'name'),
    uid: textOf(record, 'uid'),
    method: textOf(record, 'method'),
    backupId: textOf(record, 'backupId'),
    storedAt: textOf(record, 'destinationPath'),
    endLSN: textOf(record, 'endLSN'),
    // Without an archive only the end of a copy can be restored.
    archive: memberOf(recoverable, 'archive') === undefined && record['plugin'] === undefined ? 'no' : 'yes',
    requests: `cpu ${cpu}, memory ${memory}, volumes: ${volumes}`,
  };
  return Object.fromEntries(
    Object.entries(facts).flatMap(([key, text]) => (text === '' ? [] : [[key, cleanLine(text, factChars)]])),
  );
}

export async function* bytesOf(record: JsonObject): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${JSON.stringify(record, null, 1)}\n`);
}

/** @throws VigieError BACKUP for what is no record, COPY_DAMAGED */
export async function recordIn(copy: OpenCopy): Promise<JsonObject> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of copy.open(recordPart)) {
    bytes += chunk.length;
    if (bytes <= recordBytes) chunks.push(chunk);
  }
  const { set, copy: id } = copy.manifest;
  const record: unknown = bytes > recordBytes ? undefined : parsed(Buffer.concat(chunks).toString('utf8'));
  if (isObject(record) && memberOf(record, 'recoverable') !== undefined && textOf(record, 'name') !== '')
    return record;
  throw new VigieError('BACKUP', `The part ${recordPart} of copy ${id} of ${set} is no record of a Backup.`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
