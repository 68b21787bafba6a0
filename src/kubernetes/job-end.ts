import type { Job } from './kinds/batch.ts';
import type { Condition } from './kinds/condition.ts';

/** The condition by which a job has ended: Complete or Failed. Absent: it has not. */
export function endOfJob({ status }: Job): Condition | undefined {
  return status?.conditions?.find(
    each => (each.type === 'Complete' || each.type === 'Failed') && each.status === 'True',
  );
}
