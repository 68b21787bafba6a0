/**
 * Runs programs where the data is: on this machine, or in a container. Their input and output flow through in both
 * directions no faster than they are taken, so a dump of any size needs little memory.
 */
export interface Runner {
  /** Where it runs, for messages: `this machine`, `Pod/shop-db-0 in shop`. */
  readonly where: string;
  /**
   * Starts one program. No shell reads its words, no terminal is there, and of Vigie's own environment it sees nothing
   * but PATH, HOME, TMPDIR and a plain locale.
   * @throws VigieError NOT_STARTED when it is not installed or may not run: nothing of it ran; CANCELLED; in a pod whatever
   * the executor may throw
   */
  start(command: Command): Promise<Running>;
}

export interface Command {
  argv: readonly [program: string, ...words: string[]];
  /** Variables of its environment that nobody may see: they stand in no argument, no log and no error. */
  secrets?: Readonly<Record<string, string>>;
  env?: Readonly<Record<string, string>>;
  /** Absolute. Absent: an empty one of its own, which goes with it; in a pod that of its image. */
  folder?: string;
  /** What it reads. Ends when this ends; an error of this ends the program. Absent: nothing to read. */
  stdin?: AsyncIterable<Uint8Array>;
  /** Ends it and all that it started: politely, and after a few seconds by force. */
  signal: AbortSignal;
  /** From its start to its end. */
  deadlineMs: number;
}

/** A program that runs. Whoever starts one takes its stdout, or calls `discard`, and waits for `ended`. */
export interface Running {
  /**
   * What it prints, to be read once. It ends as well when the program dies: that it ended proves nothing, `ended` tells.
   */
  stdout: AsyncIterable<Uint8Array>;
  /** Lets stdout go. */
  discard(): void;
  /** How it ended, after its output did. Rejects only where that cannot be known: a line to a pod that broke. */
  ended: Promise<Ended>;
}

export interface Ended {
  /** Null: a signal ended it, ours or another's. */
  code: number | null;
  signal?: string;
  /** Why we ended it ourselves; absent where we did not. `input`: what it was to read broke off. */
  cut?: 'deadline' | 'stopped' | 'input';
  /** In a pod, what was cut lost its line and may go on; absent: it is gone. */
  mayGoOn?: true;
  /** The last 8 kB. Text of a program: data. */
  stderr: string;
}

/** Of stderr: enough for what went wrong, too little to fill a record. */
export const stderrBytes = 8 * 1024;
