import type { KubeReader } from '../clients/kube/reader.ts';
import type { BackupSet } from '../core/backup-set.ts';
import { textOf } from '../core/json.ts';
import { cleanLine } from '../core/text.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import type { Shelf } from './catalogue.ts';
import { backupKind, copyLabel, isOfCluster, phaseOf } from './engines/cnpg-backup.ts';

/** More of one namespace are not looked at. */
const mostBackups = 1_000;
/** Of the operator's own, the newest are told. */
const mostTold = 100;
const nameChars = 120;

/** A Backup that somebody else asked the operator for. */
export interface OtherBackup {
  name: string;
  /** As the operator tells it. */
  phase: string;
  /** ISO; of its end, else of its request. */
  at: string;
  /** For people: `ScheduledBackup/nightly`. */
  by: string;
}

/** What the operator has of a set: which of our records lead to a Backup that is there, and what others asked it for. */
export interface OperatorBackups {
  uids: ReadonlySet<string>;
  others: readonly OtherBackup[];
}

/** Reads them; nothing where no operator makes the copies of the set. @throws VigieError as the reader does */
export async function readOperatorBackups(
  reader: KubeReader,
  { run, settings }: BackupSet,
): Promise<OperatorBackups | undefined> {
  if (run.in !== 'operator') return undefined;
  const { items } = await reader.list({ ...backupKind, namespace: run.namespace, limit: mostBackups });
  const cluster = textOf(settings, 'cluster');
  const ofCluster = items.filter(each => isOfCluster(each, { cluster }));
  return {
    uids: new Set(items.map(({ metadata }) => metadata.uid ?? '')),
    others: ofCluster
      .filter(({ metadata }) => metadata.labels?.[copyLabel] === undefined)
      .map(otherOf)
      .toSorted((a, b) => (a.at < b.at ? 1 : -1))
      .slice(0, mostTold),
  };
}

function otherOf(backup: KubeObject): OtherBackup {
  const { metadata, status } = backup;
  const schedule = metadata.labels?.['cnpg.io/scheduled-backup'];
  return {
    name: cleanLine(metadata.name, nameChars),
    phase: cleanLine(phaseOf(backup), nameChars) || 'not taken up',
    at: textOf(status, 'stoppedAt') || (metadata.creationTimestamp ?? ''),
    by: schedule === undefined ? 'somebody else' : `ScheduledBackup/${cleanLine(schedule, nameChars)}`,
  };
}

/** The same shelf, where a record of a Backup that is gone is no copy: the operator removes those whose data it removed. */
export function withoutGone(shelf: Shelf, { uids }: OperatorBackups): Shelf {
  return {
    ...shelf,
    copies: shelf.copies.map(each => {
      if (!('manifest' in each) || uids.has(each.manifest.source['uid'] ?? '')) return each;
      const { destination, copy, manifest } = each;
      const why = `it is a record of Backup/${manifest.source['backup'] ?? ''}, which is gone from the cluster`;
      return { state: 'damaged', destination, copy, why };
    }),
  };
}
