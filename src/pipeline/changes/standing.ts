import type { Change } from '../../core/change.ts';
import type { JsonObject } from '../../core/json.ts';
import { comparable } from './comparable.ts';
import { kindOf } from './index.ts';
import type { Looking, Standing } from './kind.ts';

/** What stands at the target of a change now; undefined: nothing does. */
export async function standingAt(
  change: Change,
  looking: Looking,
): Promise<(Standing & { after?: JsonObject }) | undefined> {
  const kind = kindOf(change);
  if (kind.find !== undefined) return kind.find(change, looking);
  const live = await looking.reader.find(change.target);
  if (live === undefined) return undefined;
  const { uid = '', resourceVersion = '' } = live.metadata;
  return { uid, resourceVersion, after: comparable(live) };
}
