import { VigieError } from '../core/errors.ts';
import type { ChangeReader, ChangeRecord } from '../store/change-reader.ts';
import { refuseOtherCluster } from './refuse-other-cluster.ts';
import type { Environment, Reach, Vigie } from './vigie.ts';

/**
 * The recorded changes as a call may see them: where Vigie was narrowed for its caller, those of other environments are
 * unknown to it, as if there were none. What `reader` or another login of the same person asked for is shown to them in
 * their own words. The store opens with the first use, and most reads have none. A way back is
 * handed out only where the cluster of `place` is the one the change was made on.
 */
export function visibleChanges(
  vigie: Vigie,
  { reader, place }: { reader: string; place?: { environment: Environment; reach: Reach } },
): ChangeReader {
  async function storeFor(id: string): Promise<ChangeReader> {
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
  async function one(record: ChangeRecord): Promise<ChangeRecord> {
    const [shown = record] = await asReadBy(vigie, [record], { reader });
    return shown;
  }
  return {
    list: async filter => {
      const records = await (await vigie.store()).changes.list(filter);
      return asReadBy(
        vigie,
        records.filter(record => sees(vigie, record)),
        { reader },
      );
    },
    get: async id => one(await (await storeFor(id)).get(id)),
    wait: async (id, until) => one(await (await storeFor(id)).wait(id, until)),
    wayBack: async id => {
      const store = await storeFor(id);
      if (place !== undefined) await refuseOtherPlace(await store.get(id), place);
      return store.wayBack(id);
    },
  };
}

/** Records with the words of `reader` in those that they, or another login of the same person, asked for. */
export async function asReadBy(
  vigie: Vigie,
  records: readonly ChangeRecord[],
  { reader }: { reader: string },
): Promise<ChangeRecord[]> {
  const person = personOf(vigie, reader);
  const own = records.filter(({ actor }) => personOf(vigie, actor.onBehalfOf) === person);
  const { changes } = await vigie.store();
  const shown = new Map((await changes.inOwnWords(own)).map(record => [record.id, record]));
  return records.map(record => shown.get(record.id) ?? record);
}

/** Two logins of one person are one. */
export function personOf(vigie: Vigie, name: string): string {
  return vigie.personBehind(name) ?? name;
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
