import { VigieError } from '../core/errors.ts';
import type { Vigie } from './vigie.ts';

/** The run of a playbook that asked for a change. Undefined: somebody else did, or there is no such change. */
export async function runBehind(vigie: Vigie, change: string): Promise<string | undefined> {
  try {
    const { actor } = await (await vigie.store()).changes.get(change);
    return actor.run;
  } catch (error) {
    if (error instanceof VigieError && error.code === 'UNKNOWN_CHANGE') return undefined;
    throw error;
  }
}
