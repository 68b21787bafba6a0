import type { JsonObject } from './json.ts';
import type { Ref } from './ref.ts';

/** `critical`: something that ought to work does not. `warning`: it will not, or not for long. */
export type Severity = 'critical' | 'warning';

/** `certain`: the cluster says so itself. `likely`: its objects leave no better reason. `possible`: worth a look first. */
export type Confidence = 'certain' | 'likely' | 'possible';

/** One call that heals: all of its arguments follow from the cluster. */
export interface Fix {
  tool: string;
  arguments: JsonObject;
  /** What it does, one line: `Roll Deployment/web back to revision 3 (image shop/web:1.4)`. */
  does: string;
}

/** What is wrong with one object, why, and what heals it. */
export interface Finding {
  /** `IMAGE_TAG_NOT_FOUND`; docs/findings.md says what each means. */
  code: string;
  severity: Severity;
  /** Where the cause lies: the workload and not its pods, the missing Secret and not who needs it. */
  object: Ref;
  /** One line: what is wrong, in the cluster's own terms. */
  summary: string;
  /** Quotes: fields of objects (`spec.template.spec.containers[0].image: shop/web:9`), messages, log lines. */
  evidence: readonly string[];
  /** Why it is so, one line, where that is more than the summary says. */
  cause?: string;
  confidence: Confidence;
  /** Best first; empty where an argument does not follow from the cluster: then `question` names what to answer. */
  fixes: readonly Fix[];
  question?: string;
  /** What else does not work because of this, named: `Deployment/api in shop (CRASH_LOOP)`. */
  explains?: readonly string[];
}
