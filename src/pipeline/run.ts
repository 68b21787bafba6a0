import type { Change } from '../core/change.ts';
import type { Plan } from '../core/plan.ts';
import type { Preview } from '../core/preview.ts';
import type { WayBack } from '../store/step.ts';
import type { LocalEnd } from '../toolkit/local-end.ts';
import type { Applied } from './changes/kind.ts';
import type { ChangingReach, Environment } from './vigie.ts';

/** One plan on its way through stages 9 to 12. */
export interface Run {
  plan: Plan;
  environment: Environment;
  /** Its writes are not cut short by the caller's signal: half an answer would leave unknown what stands. */
  reach: ChangingReach;
  epoch: number;
  /** Stops before the next write, and the waiting for health. */
  signal: AbortSignal;
  progress(message: string): void;
  /** Absent: this is not the process of a person at a terminal. */
  local?: LocalEnd;
}

/** One change of a plan that was written. */
export interface Written {
  index: number;
  change: Change;
  preview: Preview;
  applied: Applied;
  wayBack: WayBack;
  /** When the server answered the write, by its clock; absent: its answer was lost. */
  changedMs?: number;
}
