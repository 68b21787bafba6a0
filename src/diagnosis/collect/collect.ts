import type { RecordedChange, Snapshot } from '../snapshot.ts';
import { Collector } from './collector.ts';
import type { Look } from './look.ts';

/** One look at a cluster or a namespace of it. @throws VigieError where nothing at all can be read */
export async function collect(
  look: Look,
  known: { changes?: readonly RecordedChange[] } = {},
): Promise<Snapshot> {
  const collector = new Collector(look);
  await collector.readAll();
  return collector.snapshot(known);
}
