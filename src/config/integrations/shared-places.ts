import { normalize } from 'node:path';
import type { DestinationPlace } from '../../core/backup-set.ts';
import type { BackupsConfig } from './backups.ts';

type Of = readonly { name: string; integrations: { backups?: BackupsConfig } }[];

/**
 * Sets of one name at one place would be listed, pruned and restored as one: two environments may share a place, and not
 * that. Seen where both are written alike.
 */
export function checkSharedPlaces(
  environments: Of,
  fail: (path: readonly PropertyKey[], problem: string) => never,
): void {
  const taken = new Map<string, string>();
  for (const { name: environment, integrations } of environments) {
    const { backups } = integrations;
    if (backups === undefined) continue;
    const mine = new Set<string>();
    for (const set of backups.sets.values()) {
      for (const to of set.to) {
        const at = backups.destinations.get(to)?.at;
        if (at === undefined) continue;
        const key = `${wordsOf(at)} ${set.name}`;
        const other = taken.get(key);
        if (other !== undefined)
          fail(
            ['environments', environment, 'backups', 'sets', set.name, 'to'],
            `${to} is where ${other} keeps a set ${set.name}: let one of them have another place or another name`,
          );
        mine.add(key);
      }
    }
    for (const key of mine) taken.set(key, environment);
  }
}

function wordsOf(at: DestinationPlace): string {
  switch (at.kind) {
    case 'directory':
      return `directory ${normalize(`${at.root}/`)}`;
    case 's3':
      return `s3 ${at.endpoint} ${at.bucket} ${at.prefix}`;
    case 'restic':
      return `restic ${String(at.repository).replace(/\/+$/, '')}`;
  }
}
