import { answerBytes } from './answer-bytes.ts';
import { auditOfPods } from './audit.ts';
import { diagnosis } from './diagnosis.ts';
import { fiveThousandPods } from './five-thousand-pods.ts';
import { journalOfRuns } from './journal.ts';
import { logLinesCost } from './log-lines.ts';
import { metricPoints } from './metric-points.ts';
import { oneChange } from './one-change.ts';
import { sandboxOfPods } from './sandbox-of-pods.ts';
import { sharedJournal } from './shared-journal.ts';
import { startUp } from './start-up.ts';
import type { Measurement } from './support/measurement.ts';

/** Every measurement, in the order of bench/README.md. */
export const measurements: readonly Measurement[] = [
  startUp,
  answerBytes,
  fiveThousandPods,
  diagnosis,
  auditOfPods,
  oneChange,
  metricPoints,
  logLinesCost,
  journalOfRuns,
  sharedJournal,
  sandboxOfPods,
];
