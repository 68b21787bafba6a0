import { VigieError } from '../core/errors.ts';
import type { ChangeReader } from '../store/change-reader.ts';
import type { Vigie } from './vigie.ts';

/**
 * The recorded changes as a call may see them: where Vigie was narrowed for its caller, those of other environments are
 * unknown to it, as if there were none. The store opens with the first use, and most reads have none.
 */
export function visibleChanges(vigie: Vigie): ChangeReader {
  async function readerFor(id: string): Promise<ChangeReader> {
    const { changes } = await vigie.store();
    if (vigie.narrowed !== true) return changes;
    const record = await changes.get(id).catch(() => undefined);
    if (vigie.environments.some(one => one.view.name === record?.environment)) return changes;
    // The store's own error would name ids that are near, and they may be of another environment.
    throw new VigieError('UNKNOWN_CHANGE', `There is no change ${id}.`, { details: { nearest: [] } });
  }
  return {
    list: async filter => (await vigie.store()).changes.list(filter),
    get: async id => (await readerFor(id)).get(id),
    wait: async (id, until) => (await readerFor(id)).wait(id, until),
    wayBack: async id => (await readerFor(id)).wayBack(id),
  };
}
