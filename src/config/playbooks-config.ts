import { nearestNames } from '../core/nearest.ts';
import type { PlaybooksText } from './schema.ts';

/** Where one's own playbooks lie, and which playbooks may start by themselves. */
export interface PlaybooksConfig {
  /** Absolute; absent: there are none. */
  directory?: string;
  /** Absent: nothing starts without a person. */
  triggers?: readonly EnabledTriggers[];
}

/** A playbook whose triggers count, and where its runs take place. */
export interface EnabledTriggers {
  name: string;
  environments: readonly string[];
}

/** `environments`: those that there are. A name alone means the only one: with several, nobody guesses which was meant. */
export function readPlaybooks(
  { directory, triggers }: PlaybooksText,
  {
    environments,
    fail,
  }: {
    environments: readonly string[];
    fail: (path: readonly PropertyKey[], problem: string) => never;
  },
): PlaybooksConfig {
  const seen = new Set<string>();
  const enabled = triggers.map(({ name, environments: named }, index): EnabledTriggers => {
    if (seen.has(name)) return fail(['triggers', index], `${name} is named twice`);
    seen.add(name);
    if (named === undefined) {
      if (environments.length === 1) return { name, environments };
      return fail(
        ['triggers', index],
        `say where it may start: {name: ${name}, environments: [${environments[0] ?? '…'}]}`,
      );
    }
    for (const [at, each] of named.entries()) {
      const place = ['triggers', index, 'environments', at];
      if (!environments.includes(each))
        fail(place, `there is no environment ${each}${guess(each, environments)}`);
      if (named.indexOf(each) !== at) fail(place, `${each} is named twice`);
    }
    return { name, environments: named };
  });
  return {
    ...(directory === undefined ? {} : { directory }),
    ...(enabled.length === 0 ? {} : { triggers: enabled }),
  };
}

function guess(name: string, known: readonly string[]): string {
  const nearest = nearestNames(name, known);
  return nearest.length === 0 ? '' : ` (did you mean ${nearest.join(' or ')}?)`;
}
