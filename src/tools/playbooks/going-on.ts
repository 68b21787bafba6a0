import { type Trusted, trusted } from '../../core/trusted-text.ts';
import type { StartedRun } from '../../toolkit/playbook-desk.ts';

/** How to follow a run that was started, and who goes on with it. */
export function goingOn({ id, goesOnHere }: StartedRun): Trusted {
  return goesOnHere
    ? trusted`playbooks_status with run ${id} and waitSeconds. It goes on while this server lives; after that: vigie worker`
    : trusted`This server goes on with too many already. A person starts: vigie worker. Then playbooks_status with run ${id}`;
}
