import { ofKind } from '../../kubernetes/kinds.ts';
import { controllerOf, isDeleting } from '../../kubernetes/owners.ts';
import type { Sandbox } from '../../sandbox/server.ts';

/** What became of pods while something was watched. */
export interface PodCount {
  ended: number;
  made: number;
  /** Images that stand in a pod and stood in none before. */
  newImages: readonly string[];
}

/** Counts pods that end and pods that are made from here on; those of jobs come and go by themselves. */
export function countPods({ cluster: { state } }: Sandbox): () => PodCount {
  const known = new Set(imagesIn(state.list(pods)));
  const count = { ended: 0, made: 0 };
  const stop = state.onChange(({ storage, type, object, before }) => {
    if (storage !== pods || controllerOf(object)?.kind === 'Job') return;
    // A pod is as good as gone when it is told to end, which takes its grace period.
    if (type === 'ADDED') count.made += 1;
    else if (before !== undefined && !isDeleting(before) && (type === 'DELETED' || isDeleting(object)))
      count.ended += 1;
  });
  return () => {
    stop();
    return { ...count, newImages: imagesIn(state.list(pods)).filter(image => !known.has(image)) };
  };
}

const pods = '/pods';

function imagesIn(objects: Parameters<typeof ofKind>[0]): string[] {
  const images = ofKind(objects, 'Pod').flatMap(({ spec }) =>
    [...(spec.initContainers ?? []), ...spec.containers].flatMap(({ image }) => image ?? []),
  );
  return [...new Set(images)].toSorted();
}
