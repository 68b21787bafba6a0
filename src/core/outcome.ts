/** What became of an applied change. `unverified`: accepted, and not seen healthy before the deadline. */
export interface Outcome {
  state: 'verified' | 'unverified' | 'failed';
  /** What was seen, a line each; the first failing reason first when not verified. */
  evidence: string[];
}
