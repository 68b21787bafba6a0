/** Every bound of a playbook, each with its reason. */
export const caps = {
  /** A file that people read and review; 500 steps of ten lines are 150 kB. */
  fileBytes: 256 * 1024,
  /** Values of a file: five times what one of that size with the shortest lines has. */
  fileValues: 100_000,
  /** More is a program, and belongs into several playbooks. */
  steps: 500,
  /** Steps within steps: a foreach of branches of a foreach is three. */
  depth: 8,
  /** One item each is a run's record of its own. */
  branches: 20,
  /** A hundred at once is what an API server still answers without making others wait. */
  parallel: 100,
  /** Playbooks that call one another. */
  calls: 8,
  /** Nobody mends more at once, and the later ones often follow from the first. */
  mistakes: 100,
  /** What a wait that was not met means: a sentence in a line of its run. */
  otherwiseChars: 200,
  /** One expression; a longer one is a tool of its own. */
  expressionChars: 2_048,
  expressionNodes: 500,
  expressionDepth: 32,
  /** A list or map that is written out in an expression. */
  expressionItems: 200,
  /** all, exists, map and filter within one another: the third makes a million of a hundred. */
  macroDepth: 2,
  /** What one expression may be handed, as JSON, and what it may come to. */
  valueBytes: 64 * 1024,
  /** Of a list in it: with two macros within one another a hundred million steps, which the deadline ends. */
  listItems: 10_000,
  /** An expression of a playbook takes microseconds. */
  evaluateMs: 1_000,
  /** The second time, after which it is not the machine. */
  againMs: 4_000,
  /** One that takes this long is no accident of a busy machine more than now and then. */
  slowMs: 100,
  /** Of slow ones, while a worker has a run: three that were ended (a timer may be early), or thirty that nearly pass unseen. */
  runSlowMs: 2_900,
  /** A thread starts in a tenth of a second; a busy machine takes longer. */
  startMs: 10_000,
  /** Of that thread: what 64 kB in and out cannot need. */
  heapMb: 64,
} as const;
