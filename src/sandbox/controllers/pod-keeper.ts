import type { Pod } from '../../kubernetes/kinds/pod.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import type { Operation } from './controller.ts';
import { eventsFrom } from './events.ts';
import { deleteOf } from './owners.ts';

type Refused = (why: string) => Operation[];

/** How a controller makes and stops the pods of an object, and tells of it. */
export function podKeeper(from: string) {
  const { tell, warn } = eventsFrom(from);
  return {
    tell,
    warn,
    make: (owner: KubeObject, { pod, refused }: { pod: KubeObject; refused: Refused }): Operation[] => [
      { do: 'create', object: pod, refused },
      tell(owner, { reason: 'SuccessfulCreate', message: `Created pod: ${pod.metadata.name}` }),
    ],
    stop: (owner: KubeObject, pod: Pod): Operation[] => [
      deleteOf(pod),
      tell(owner, { reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` }),
    ],
    /** What follows where a pod is refused: what is shown of the object, and a word of warning. */
    refusal:
      (owner: KubeObject, shown: readonly Operation[]): Refused =>
      why => [...shown, warn(owner, { reason: 'FailedCreate', message: `Error creating: ${why}` })],
  };
}
