import type { Journal } from '../../../src/core/journal.ts';

/** What a process that was killed never gets past. */
export class Killed extends Error {}

/** A worker's process: everything it does goes through here, and after its death nothing does. */
export interface Mortal {
  journal: Journal;
  /** How many writes it made, with the one that killed it. */
  writes(): number;
  dead(): boolean;
}

const writing = [
  'record',
  'hold',
  'count',
  'park',
  'finish',
  'take',
  'start',
  'begin',
  'putDefinition',
  'request',
] as const;

/** A journal whose user dies at its `nth` write: before that is on disk, or after it is and before it is told. */
export function dyingAt(journal: Journal, at: { nth: number; when: 'before' | 'after' }): Mortal {
  let writes = 0;
  let dead = false;
  const own: Journal = new Proxy(journal, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      return async (...given: unknown[]): Promise<unknown> => {
        if (dead) throw new Killed('a dead process asked for something');
        const kills = writing.some(each => each === key) && ++writes === at.nth;
        if (kills && at.when === 'before') dead = true;
        if (dead) throw new Killed(`killed before ${String(key)}`);
        const answer: unknown = await value.apply(target, given);
        if (kills) dead = true;
        if (dead) throw new Killed(`killed in or after ${String(key)}`);
        return answer;
      };
    },
  });
  return { journal: own, writes: () => writes, dead: () => dead };
}
