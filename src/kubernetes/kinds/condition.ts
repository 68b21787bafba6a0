export type Condition = {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  lastProbeTime?: string | null;
  lastUpdateTime?: string;
  observedGeneration?: number;
};

/** The condition of a type; absent where the list has none. The list's order means nothing. */
export function conditionOf(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find(condition => condition.type === type);
}

/** Since when a condition has the status that it has now: since before, or, where it is new to it, since `time`. */
export function transitionTime(
  before: readonly Condition[] | undefined,
  { type, status, time }: { type: string; status: string; time: string },
): string {
  const known = conditionOf(before, type);
  return (known?.status === status ? known.lastTransitionTime : undefined) ?? time;
}
