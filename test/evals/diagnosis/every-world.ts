import { existsSync } from 'node:fs';
import { dumpWorlds, judgeDump } from './dump-worlds.ts';
import { hostileWorlds } from './hostile.ts';
import { recordedFile, recordedWorlds } from './recorded-worlds.ts';
import { judgeBatch, sandboxBatches } from './sandbox-worlds.ts';
import type { Verdict } from './score.ts';

/** The worlds that are data: dumps written by us and recorded ones, and those that nobody can trust. */
export async function verdictsOnData(): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const recorded = existsSync(recordedFile) ? recordedWorlds() : [];
  for (const world of [...dumpWorlds(), ...recorded]) verdicts.push(await judgeDump(world));
  for (const world of hostileWorlds()) verdicts.push(await world.judged());
  return verdicts;
}

export async function everyVerdict(): Promise<Verdict[]> {
  const verdicts = await verdictsOnData();
  for (const batch of sandboxBatches()) verdicts.push(...(await judgeBatch(batch)));
  return verdicts;
}
