import type { Group } from '../clients/prometheus/rules.ts';
import type { Systems } from './systems.ts';

/** Whoever evaluates the rules of an environment. */
export interface RuleEvaluator {
  readonly shown: string;
  rules(): Promise<Group[]>;
  /** A query as it would write it; undefined where it leaves it as it is. */
  formatted(query: string): Promise<string | undefined>;
  /** The labels that it gives every rule. */
  addedLabels(): Promise<Readonly<Record<string, string>>>;
}

/**
 * vmalert where one is configured, else what metrics are asked of, which may hand the question on to a vmalert; undefined where
 * an environment has neither.
 */
export async function ruleEvaluator(
  systems: Pick<Systems, 'configured' | 'prometheus' | 'vmalert'>,
): Promise<RuleEvaluator | undefined> {
  if (systems.configured.has('vmalert')) return systems.vmalert();
  return systems.configured.has('prometheus') ? systems.prometheus() : undefined;
}
