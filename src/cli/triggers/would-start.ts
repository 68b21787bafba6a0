import { VigieError } from '../../core/errors.ts';
import { isWithin, type Occasion } from '../../core/journal.ts';
import { cleanLine } from '../../core/text.ts';
import type { ReadAlert } from '../../engine/triggers/read-alerts.ts';
import { refusalNow } from '../../engine/triggers/start-by-trigger.ts';
import { orderOf } from '../../engine/triggers/take-alerts.ts';
import type { AtRuns } from '../runs/with-runs.ts';

/** Of a reason. */
const shownChars = 200;

/** What would start as far as files tell. */
interface Candidate {
  playbook: string;
  read: ReadAlert;
  /** What it is alike by. */
  like?: NonNullable<Occasion['like']>;
}

/** Why it would not start just now; undefined: it would. @throws VigieError STORE and whatever keeps it from being asked */
export async function hindranceNow(
  { vigie, runs, playbooks }: AtRuns,
  { candidate, environment }: { candidate: Candidate; environment: string },
): Promise<string | undefined> {
  const { playbook: name, read, like } = candidate;
  const { playbook, digest, text } = await playbooks.named(name);
  const enabled = { playbook, digest, source: text, environments: [environment] };
  const refusal = await refusalNow(
    { ...runs.starting, vigie },
    orderOf(read, { playbook: enabled, environment }),
  );
  if (refusal !== undefined) return `refused: ${cleanLine(refusal, shownChars)}`;
  const { journal } = runs;
  const newest =
    like === undefined ? undefined : await journal.newestAlike({ environment, name, text: like.text });
  if (like === undefined || newest === undefined) return undefined;
  if (newest.goesOn) return `not now: its run ${newest.run} goes on`;
  return isWithin(newest.startedAt, { now: journal.now(), ms: like.coolMs })
    ? `not now: it cools until ${new Date(newest.startedAt + like.coolMs).toISOString()}`
    : undefined;
}

/** What is said where only files could be asked. */
export function onlyFiles(error: unknown): string {
  if (!(error instanceof VigieError)) throw error;
  return `As far as files tell: what refuses it now, or cools, could not be asked. ${cleanLine(error.message, shownChars)}`;
}
