import type { Playbook, Step } from '../../../core/playbook.ts';
import type { Calls } from './check-call.ts';

/** What steps are checked against. */
export interface Surroundings extends Calls {
  orders: ReadonlyMap<Step, number>;
  /** Steps that an approval leaves out when nobody answers. */
  skippable: ReadonlySet<string>;
  /** Another playbook by its name; undefined: there is none that can be read. */
  called: (name: string) => Promise<Playbook | undefined>;
}
