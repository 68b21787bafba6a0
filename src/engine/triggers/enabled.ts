import type { EnabledTriggers } from '../../config/playbooks-config.ts';
import { VigieError } from '../../core/errors.ts';
import type { Playbook } from '../../core/playbook.ts';
import { startersOf } from './starters.ts';

/** A playbook that may start without a person, as its file says now, and where. */
export interface EnabledPlaybook {
  playbook: Playbook;
  digest: string;
  source: string;
  /** Not empty. */
  environments: readonly string[];
}

/** A name that nothing starts, why, and what to do. */
export interface NamedInVain {
  name: string;
  why: string;
  todo: string;
}

/** What of vigie.yaml's list can be used. */
export interface Enabled {
  playbooks: readonly EnabledPlaybook[];
  /** Of these nothing starts until they are mended: there are none of that name, or they have mistakes. */
  broken: readonly NamedInVain[];
}

/** The playbooks that vigie.yaml names under playbooks.triggers; what is wrong with one keeps nobody from the others. */
export async function findEnabled(
  triggers: readonly EnabledTriggers[],
  named: (name: string) => Promise<{ playbook: Playbook; digest: string; text: string }>,
): Promise<Enabled> {
  const playbooks: EnabledPlaybook[] = [];
  const broken: NamedInVain[] = [];
  for (const { name, environments } of triggers) {
    try {
      const { playbook, digest, text } = await named(name);
      playbooks.push({ playbook, digest, source: text, environments });
    } catch (error) {
      if (!(error instanceof VigieError)) throw error;
      broken.push({ name, why: error.message, todo: error.hint ?? 'vigie playbooks list' });
    }
  }
  return { playbooks, broken };
}

/** All that vigie.yaml names and nothing starts: what is broken, and what has no trigger that is served. */
export function namedInVain({ playbooks, broken }: Enabled): NamedInVain[] {
  const idle = playbooks.filter(({ playbook }) => startersOf(playbook).length === 0);
  return [
    ...broken,
    ...idle.map(({ playbook: { metadata, on } }) => ({
      name: metadata.name,
      why:
        on.chat === undefined
          ? 'It has no trigger.'
          : 'Of its triggers there is only chat, which nothing serves yet.',
      todo: 'Give it alert, schedule, event or webhook under on, or take it out of playbooks.triggers.',
    })),
  ];
}
