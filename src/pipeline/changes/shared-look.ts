import type { KubeReader } from '../../clients/kube/reader.ts';
import type { Patience } from './patience.ts';

// Of a hundred pods that wait side by side each would ask the same.
const holdsMs = 1_000;

/** A look whose answer all share who ask the same of one reader within a second. */
export function sharedLook<Asked extends { patience: Patience }, Found>(
  look: (reader: KubeReader, asked: Asked) => Promise<Found>,
  keyOf: (asked: Asked) => string,
): (reader: KubeReader, asked: Asked) => Promise<Found> {
  const looks = new WeakMap<KubeReader, Map<string, { at: number; found: Promise<Found> }>>();
  return (reader, asked) => {
    const held = looks.get(reader) ?? new Map<string, { at: number; found: Promise<Found> }>();
    looks.set(reader, held);
    const before = held.get(keyOf(asked));
    if (before !== undefined && asked.patience.nowMs() - before.at < holdsMs) return before.found;
    const found = look(reader, asked);
    held.set(keyOf(asked), { at: asked.patience.nowMs(), found });
    return found;
  };
}
