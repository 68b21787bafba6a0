import { readOperatorBackups, withoutGone } from '../../../backups/operator-backups.ts';
import type { KubeReader } from '../../../clients/kube/reader.ts';
import { VigieError } from '../../../core/errors.ts';
import type { JsonObject } from '../../../core/json.ts';
import { ageText } from '../../../core/length-text.ts';
import { tableLine } from '../../text-table.ts';
import type { SetState } from './judge-set.ts';

// Copies of some sets are made by an operator of the cluster: it tells whether what our records lead to is still there, and
// what else it made.

/** The same, by what the operator says. Where it cannot be asked, nobody knows whether the copies are there. */
export async function withOperator(state: SetState, kube: KubeReader): Promise<SetState> {
  const { set, shelves, unread } = state;
  try {
    const found = await readOperatorBackups(kube, set);
    if (found === undefined) return state;
    return { ...state, shelves: shelves.map(shelf => withoutGone(shelf, found)), others: found.others };
  } catch (error) {
    if (!(error instanceof VigieError) || error.code === 'CANCELLED') throw error;
    const line = `not read: Backups in the cluster, for ${set.name}: ${error.code}: ${error.message}`;
    return { ...state, unread: [...unread, line] };
  }
}

/** What others asked it for, after our own copies. */
export function otherLines({ others = [] }: SetState, now: Date): string[] {
  return others.map(({ name, phase, at, by }) =>
    tableLine([name, 'the operator', ageSince(at, now), phase, undefined, 'never', `asked for by ${by}`]),
  );
}

export function otherFacts({ others = [] }: SetState): JsonObject[] {
  return others.map(({ name, phase, at, by }) => ({
    copy: name,
    destination: 'the operator',
    state: 'operator',
    phase,
    at,
    by,
  }));
}

/** That the newest of them counts nowhere. */
export function otherNotes({ set, others = [] }: SetState, now: Date): string[] {
  const newest = others.find(({ phase }) => phase === 'completed');
  if (newest === undefined) return [];
  return [
    `${set.name}: the operator has Backup/${newest.name} (${newest.by}), ${ageSince(newest.at, now)} old; no record of it is kept and no drill proves it, so it does not count`,
  ];
}

function ageSince(at: string, now: Date): string {
  const ms = now.getTime() - Date.parse(at);
  return Number.isNaN(ms) ? 'unknown' : ageText(ms);
}
