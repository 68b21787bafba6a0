import { VigieError } from '../../core/errors.ts';
import { textOf } from '../../core/json.ts';
import type { Played } from '../play-order.ts';

/** Asks the Vigie of a play. */
export type Ask = Played['call'];

/** Twenty findings a page, and some. */
const mostPages = 20;

/** The codes of all that k8s_diagnose finds. @throws VigieError SANDBOX where it does not answer */
export async function codesFound(call: Ask): Promise<Set<string>> {
  const found = new Set<string>();
  let skip = 0;
  for (let page = 0; page < mostPages; page += 1) {
    const { data, status, text } = await call('k8s_diagnose', { format: 'json', skip });
    const { findings, truncated } = data;
    if (status !== 'answered' || !Array.isArray(findings))
      throw new VigieError('SANDBOX', `k8s_diagnose did not answer: ${text.slice(0, 300)}`);
    for (const finding of findings) found.add(textOf(finding, 'code'));
    skip += findings.length;
    if (truncated !== true || findings.length === 0) break;
  }
  return found;
}
