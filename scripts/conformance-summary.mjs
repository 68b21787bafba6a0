/**
 * The scored scenarios of a run, from what the tool prints: `✓ name: 3 passed, 0 failed`, and after them the names
 * of those that do not count for the revision.
 */
export function readSummary(text) {
  const [, summary = ''] = text.split('=== SUMMARY ===');
  const [rows, rest = ''] = summary.split(/^Not scored for .*$/m);
  const unscored = new Set([...rest.matchAll(/^\s+[✓✗] (\S+) \(/gm)].map(match => match[1]));
  return [...rows.matchAll(/^[✓✗] (\S+): (\d+) passed, (\d+) failed/gm)]
    .map(([, name, passed, failed]) => ({ name, passed: Number(passed), failed: Number(failed) }))
    .filter(one => !unscored.has(one.name));
}
