import { lastSeenMs } from '../../kubernetes/event-times.ts';
import type { Event } from '../../kubernetes/kinds/event.ts';
import { refOf } from '../../kubernetes/object.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Instance } from './instances.ts';
import { isAbout } from './probe-kills.ts';

/** A container whose hook fails is started again after five minutes at most: an older word is of a fault that has passed. */
const recentMs = 600_000;

/** The newest failure of what a container is to do right after its start. */
export function hookFailure(instance: Instance, snapshot: Snapshot): Event | undefined {
  return snapshot
    .eventsFor(refOf(instance.pod))
    .find(
      event =>
        event.reason === 'FailedPostStartHook' &&
        isAbout(event, instance) &&
        snapshot.nowMs - lastSeenMs(event) < recentMs,
    );
}
