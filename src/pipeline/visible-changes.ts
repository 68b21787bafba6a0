import { VigieError } from '../core/errors.ts';
import type { ChangeReader, ChangeRecord } from '../store/change-reader.ts';
import { refuseOtherCluster } from './refuse-other-cluster.ts';
import type { Environment, Reach, Vigie } from './vigie.ts';

/**
 * The recorded changes as a call may see them: where Vigie was narrowed for its caller, those of other environments are
 * unknown to it, as if there were none. The store opens with the first use, and most reads have none. A way back is
 * handed out only where the cluster of `place` is the one the change was made on.
 */
export function visibleChanges(
  vigie: Vigie,
  place?: { environment: Environment; reach: Reach },
): ChangeReader {
  async function readerFor(id: string): Promise<ChangeReader> {
    const { changes } = await vigie.store();
    if (vigie.narrowed !== true) return changes;
    const record = await changes.get(id).catch((error: unknown) => {
      if (error instanceof VigieError && error.code === 'UNKNOWN_CHANGE') return undefined;
      throw error;
    });
    if (record !== undefined && sees(vigie, record)) return changes;
    // The store's own error would name ids that are near, and they may be of another environment.
    throw new VigieError('UNKNOWN_CHANGE', `There is no change ${id}.`, { details: { nearest: [] } });
  }
  return {
    list: async filter => {
      const records = await (await vigie.store()).changes.list(filter);
      return records.filter(record => sees(vigie, record));
    },
    get: async id => (await readerFor(id)).get(id),
    wait: async (id, until) => (await readerFor(id)).wait(id, until),
    wayBack: async id => {
      const reader = await readerFor(id);
      if (place !== undefined) await refuseOtherPlace(await reader.get(id), place);
      return reader.wayBack(id);
    },
  };
}

/** A Vigie that was not narrowed shows also what happened in environments that are configured no more. */
function sees(vigie: Vigie, record: ChangeRecord): boolean {
  return vigie.narrowed !== true || vigie.environments.some(one => one.view.name === record.environment);
}

async function refuseOtherPlace(
  record: ChangeRecord,
  { environment, reach }: { environment: Environment; reach: Reach },
): Promise<void> {
  const found = await reach.identity();
  // Of changes of older versions only the uid of the cluster was kept.
  const planned = record.cluster ?? { ...found, uid: record.clusterUid };
  refuseOtherCluster(planned, { environment: environment.view.name, found });
}
