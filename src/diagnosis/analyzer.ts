import type { Confidence, Finding, Severity } from '../core/finding.ts';
import type { Ref } from '../core/ref.ts';
import type { Row } from './rows.ts';
import type { Snapshot } from './snapshot.ts';

/** What a code means; docs/findings.md is made from it. */
export interface CodeFacts {
  row: Row;
  /** What is wrong, one sentence. */
  means: string;
  /** How it is decided, and what is deliberately no such finding. */
  decided: string;
  /** What heals it. */
  fixed: string;
}

/**
 * What an analyzer found. `note` instead of a severity: worth counting, not worth a place in the list.
 * @typeParam Code the codes that the analyzer declares
 */
export interface Draft<Code extends string = string> extends Omit<Finding, 'code' | 'severity' | 'explains'> {
  code: Code;
  severity: Severity | 'note';
  /**
   * What cannot work because of this; findings that depend on one of these fold under this one.
   * The finding's own object need not be named, and a Service need not be where its workload is.
   */
  breaks?: readonly Ref[];
  /** What this would come from if it were broken itself: the Service that a log line says refuses connections. */
  dependsOn?: readonly Ref[];
  /**
   * How near the cause it is; whatever is shallower and concerns an object that this breaks folds under this.
   * 0, absent: an outer sign (no endpoints, a rollout that does not end, a budget that allows nothing). 1: what a
   * workload's pods suffer (a crash loop, not ready, pending). 2: why (a missing key, an image, a full node, a wrong port).
   */
  depth?: number;
}

/** Rules about one subject, pure and synchronous: no client, no clock, no masking. */
export interface Analyzer {
  id: string;
  /** The kinds it reads; the collector reads the union once. A kind that could not be read is not checked. */
  needs: readonly string[];
  codes: Readonly<Record<string, CodeFacts>>;
  analyze(snapshot: Snapshot): Draft[];
}

/** An analyzer whose findings have no other codes than it declares. */
export function defineAnalyzer<Code extends string>(definition: {
  id: string;
  needs: readonly string[];
  codes: Readonly<Record<Code, CodeFacts>>;
  analyze(snapshot: Snapshot): Draft<NoInfer<Code>>[];
}): Analyzer {
  return definition;
}

/** In order of how sure they are. */
export const confidences: readonly Confidence[] = ['certain', 'likely', 'possible'];
