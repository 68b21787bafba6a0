import { isObject, plainText } from '../core/json.ts';
import { cleanLine } from '../core/text.ts';
import type { Pod } from './kinds/pod.ts';
import { controllerOf } from './owners.ts';

/**
 * What becomes of a pod when its node is drained. going: it is being deleted already. daemon: its DaemonSet would make it
 * again in the same place. mirror: the node itself runs it from a file. completed: it runs nothing any more.
 */
type Fate = 'evicted' | 'going' | 'daemon' | 'mirror' | 'completed';

const mirrorMark = 'kubernetes.io/config.mirror';
// The longest name of a volume, and a medium and a quantity beside it.
const volumeChars = 150;

export function fateOf({ metadata, status, ...pod }: Pod): Fate {
  if (metadata.annotations?.[mirrorMark] !== undefined) return 'mirror';
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return 'completed';
  if (controllerOf({ metadata, ...pod })?.kind === 'DaemonSet') return 'daemon';
  return metadata.deletionTimestamp === undefined ? 'evicted' : 'going';
}

/** The volumes whose data goes with the pod: `cache (memory, at most 64Mi)`. */
export function localDataOf({ spec }: Pod): string[] {
  return (spec.volumes ?? []).flatMap(({ name, emptyDir }) => {
    if (!isObject(emptyDir)) return [];
    const { medium, sizeLimit } = emptyDir;
    const where = medium === undefined || medium === '' ? 'disk' : plainText(medium).toLowerCase();
    const most = sizeLimit === undefined ? 'no limit' : `at most ${plainText(sizeLimit)}`;
    return [cleanLine(`${plainText(name)} (${where}, ${most})`, volumeChars)];
  });
}
