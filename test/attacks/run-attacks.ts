import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { inParallel } from '../../src/core/in-parallel.ts';
import { cannotBeApart } from '../support/apart.ts';
import type { Attack, Need } from './attack.ts';
import { Ground } from './ground.ts';

/** Both cores of a small machine; more would let attacks that judge a time disturb each other. */
const atOnce = 2;
/** The longest attack takes half a minute on a free machine; one that is still not over has found a way to hold Vigie up. */
const attackMs = 300_000;

/** How one attack ended. */
export interface Ending {
  attack: Attack;
  /** `said so`: it cannot be defended on one account, and Vigie says that. */
  end: 'held' | 'said so' | 'BROKEN' | 'not run';
  /** What happened, or why it was not run. */
  saw: string;
  ms: number;
}

/** Runs attacks, each on a ground of its own, and answers in their order. `onEnd` hears of each as it ends. */
export async function runAttacks(
  attacks: readonly Attack[],
  setup: { main: string; onEnd?(ending: Ending): void },
): Promise<Ending[]> {
  return inParallel(attacks, {
    atOnce,
    task: async attack => {
      const ending = await runOne(attack, setup.main);
      setup.onEnd?.(ending);
      return ending;
    },
  });
}

async function runOne(attack: Attack, main: string): Promise<Ending> {
  const lacking = attack.needs === undefined ? undefined : lackOf(attack.needs);
  if (lacking !== undefined) return { attack, end: 'not run', saw: lacking, ms: 0 };
  const started = performance.now();
  const ended = (end: Ending['end'], saw: string): Ending => ({
    attack,
    end,
    saw,
    ms: Math.round(performance.now() - started),
  });
  const ground = await Ground.make({ main });
  const over = new AbortController();
  try {
    const late = sleep(attackMs, undefined, { signal: over.signal }).then(() => {
      throw new Error(`it did not end within ${attackMs / 1_000} s`);
    });
    late.catch(() => {});
    const { held, saw } = await Promise.race([attack.run(ground), late]);
    if (!held) return ended('BROKEN', saw);
    return ended(attack.undefended === true ? 'said so' : 'held', saw);
  } catch (error) {
    return ended('BROKEN', error instanceof Error ? error.message : String(error));
  } finally {
    over.abort();
    await ground.end();
  }
}

/** Why this machine cannot run an attack of that need; undefined where it can. */
function lackOf(need: Need): string | undefined {
  switch (need) {
    case 'root':
      return process.getuid?.() === 0 ? undefined : 'needs root, to act as another OS user';
    case 'accounts':
      return cannotBeApart === undefined ? undefined : `needs root and accounts of others: ${cannotBeApart}`;
    case 'script':
      return spawnSync('script', ['--version']).status === 0
        ? undefined
        : 'needs util-linux script, for a terminal of its own';
    case 'linux':
      return process.platform === 'linux' ? undefined : 'needs Linux, which says what memory a process took';
  }
}
