/** What a worker that kills itself is told, as a line of JSON. */
export interface Life {
  configFile: string;
  /** VIGIE_HOME. */
  home: string;
  /** The file in which it tells what it does. */
  told: string;
  /** How far its clocks are ahead. */
  aheadMs: number;
  /** After how many of them it dies. A point is a write of the journal or a call, before it and after it, or a run that was claimed. */
  points: number;
  /** How long behind the last one. */
  delayMs: number;
}
