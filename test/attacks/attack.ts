import type { Ground } from './ground.ts';

/** Who attacks. */
type Adversary =
  | 'a shell beside the person'
  | 'an agent on an account of its own'
  | 'hostile objects'
  | 'secret hunt'
  | 'another local user'
  | 'a web page'
  | 'a stolen token'
  | 'malformed messages';

/** What an attack needs of the machine it runs on. */
export type Need = 'root' | 'accounts' | 'script' | 'linux';

/** Whether what must happen did, and what did happen, in a few words. */
export interface Verdict {
  held: boolean;
  saw: string;
}

/** One attack on the built product. One file each, in the folder of its adversary. */
export interface Attack {
  /** In kebab case; no other attack has it. */
  name: string;
  adversary: Adversary;
  /** One sentence: what the adversary does. */
  does: string;
  /** What must happen. */
  must: string;
  /** Present where one account cannot be defended: what must happen then is that Vigie says so. */
  undefended?: true;
  /** Absent: nothing special. Where the machine lacks it the attack is counted as not run. */
  needs?: Need;
  /** Attacks on a fresh ground; whatever it throws counts as a break. */
  run(ground: Ground): Promise<Verdict>;
}

/** Typed as an attack, so that a file needs no annotation. */
export function defineAttack(attack: Attack): Attack {
  return attack;
}

/**
 * The verdict of several expectations: held when all are met. `saw` is what is shown then; else those that are not met
 * are named, since they are what a reader looks for.
 */
export function judge(saw: string, expectations: Record<string, boolean>): Verdict {
  const broken = Object.entries(expectations)
    .filter(([, met]) => !met)
    .map(([name]) => name);
  return broken.length === 0
    ? { held: true, saw }
    : { held: false, saw: `not so: ${broken.join('; ')} (${saw})` };
}
