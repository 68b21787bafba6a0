/** One scenario of a run. */
export interface Scenario {
  name: string;
  /** Checks, not scenarios. */
  passed: number;
  failed: number;
}

/**
 * The scored scenarios of a run, from what the tool prints: `✓ name: 3 passed, 0 failed`, and after them the names
 * of those that do not count for the revision.
 */
export function readSummary(text: string): Scenario[] {
  const [, summary = ''] = text.split('=== SUMMARY ===');
  const [rows = '', rest = ''] = summary.split(/^Not scored for .*$/m);
  const unscored = new Set([...rest.matchAll(/^\s+[✓✗] (\S+) \(/gm)].map(match => match[1]));
  return [...rows.matchAll(/^[✓✗] (\S+): (\d+) passed, (\d+) failed/gm)]
    .map(([, name = '', passed, failed]) => ({ name, passed: Number(passed), failed: Number(failed) }))
    .filter(one => !unscored.has(one.name));
}

/** A scenario that made no check at all proves nothing, whatever tick it was printed with. */
export function isProven(scenario: Scenario): boolean {
  return scenario.passed > 0 && scenario.failed === 0;
}
