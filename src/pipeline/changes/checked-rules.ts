import { checkRules } from '../../clients/promtool/check-rules.ts';
import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { arePromql } from '../../metrics/rule-text.ts';

const missing = 'promtool, which checks and tests rules, is not installed where Vigie runs';
const other = 'it is no PromQL, which is all that promtool checks and tests';

/**
 * Has promtool check rules, and run their tests: the one door to it. True, or why it did not; tests that cannot be run are
 * refused, since whoever sent them counts on them.
 * @throws VigieError INVALID_INPUT with what promtool says, NOT_STARTED, TIMEOUT
 */
export async function checkedRules({
  text,
  groups,
  tests,
}: {
  /** As a rule file holds them. */
  text: string;
  groups: readonly JsonObject[];
  tests: readonly JsonObject[];
}): Promise<true | string> {
  if (!arePromql(groups)) {
    if (tests.length === 0) return other;
    const message = 'promtool runs them, and some of the rules are no PromQL';
    throw new VigieError('INVALID_INPUT', `tests: ${message}`, {
      details: { issues: [{ field: 'tests', message }] },
    });
  }
  if ((await checkRules({ text, tests })) !== undefined) return true;
  if (tests.length === 0) return missing;
  throw new VigieError('NOT_STARTED', `The tests were not run: ${missing}.`, {
    hint: 'Install promtool, which comes with Prometheus, or leave tests out.',
  });
}
