/** A broken rule in one place, as reports for other programs have it: all text is masked already. */
export interface Reported {
  rule: string;
  severity: string;
  /** `Deployment/web in shop`. */
  object: string;
  path: string;
  message: string;
  question?: string;
  /** Of a manifest; absent: an object of a cluster. */
  file?: string;
  line?: number;
}
