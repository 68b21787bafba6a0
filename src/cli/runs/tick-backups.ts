import { VigieError } from '../../core/errors.ts';
import { pauseFor } from '../../engine/triggers/pause-for.ts';
import { tick } from '../../pipeline/tick.ts';
import type { Vigie } from '../../pipeline/vigie.ts';
import { didLines, restLines } from '../commands/backups-tick.ts';
import { standingBackups } from './standing-backups.ts';

/** The finest that a line of cron can say. */
const everyMs = 60_000;
/** In one line. */
const mostNamed = 5;

/**
 * Begins backups that have come round, each minute, until the signal says stop. A moment is begun once, whoever ticks
 * beside it. What takes hours in one environment holds back no other.
 */
export async function tickBackups(
  vigie: Vigie,
  {
    note,
    failed,
    signal,
  }: { note: (line: string) => void; failed: (error: unknown) => void; signal: AbortSignal },
): Promise<void> {
  const going = new Map<string, Promise<void>>();
  const wrong = new Map<string, string>();
  const begin = async (environment: string): Promise<void> => {
    try {
      const report = await tick(vigie, { environment, dryRun: false, signal });
      for (const line of [...report.ticked.flatMap(didLines), ...restLines(report)]) note(line);
      wrong.delete(environment);
    } catch (error) {
      if (signal.aborted) return;
      const why = error instanceof Error ? error.message : String(error);
      // The same each minute is told once.
      if (wrong.get(environment) !== why) failed(error);
      wrong.set(environment, why);
    } finally {
      going.delete(environment);
    }
  };
  let told = false;
  while (!signal.aborted) {
    try {
      if (!told) await tellStanding(vigie, note);
      told = true;
      for (const { view } of (await vigie.inForce('change')).environments)
        if (!going.has(view.name)) going.set(view.name, begin(view.name));
    } catch (error) {
      // Playbooks are looked at beside it, and tell of a vigie.yaml that cannot be read, or a store that is away.
      if (!(error instanceof VigieError)) throw error;
    }
    await pauseFor(everyMs, signal);
  }
  await Promise.all(going.values());
}

async function tellStanding(vigie: Vigie, note: (line: string) => void): Promise<void> {
  const standing = await standingBackups(vigie);
  if (standing.length === 0) return;
  const count = standing.length === 1 ? '1 schedule' : `${standing.length} schedules`;
  const named = standing.slice(0, mostNamed).map(({ backup, environment }) => `${backup} in ${environment}`);
  const more = standing.length > mostNamed ? ' and more (vigie triggers list)' : '';
  note(`Ticking ${count} of backups: ${named.join(', ')}${more}.`);
}
