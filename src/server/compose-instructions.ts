import { loadText } from '../prompts/load-text.ts';
import type { Vigie } from '../pipeline/vigie.ts';
import { serverLimits } from './limits.ts';

/** What a client reads before its first call: at most two kilobytes, the rules first, then what is configured here. */
export function composeInstructions(vigie: Vigie, leftOut: readonly string[]): string {
  const facts = [
    ...(vigie.readOnly ? ['This Vigie is read-only: it has no tools that change anything.'] : []),
    ...(leftOut.length > 0
      ? [
          `${leftOut.length} more tools are configured than a client can take; start it with --toolsets to choose.`,
        ]
      : []),
    `Environments: ${vigie.environments.map(one => one.view.name).join(', ') || 'none; run `vigie init`'}.`,
  ];
  let text = loadText('instructions').trimEnd();
  for (const fact of facts) {
    const longer = `${text}\n${fact}`;
    if (Buffer.byteLength(longer) <= serverLimits.instructionBytes) text = longer;
  }
  return text;
}
