import type { EnabledTriggers } from '../../config/playbooks-config.ts';
import { VigieError } from '../../core/errors.ts';
import type { Playbook } from '../../core/playbook.ts';

/** A playbook that may start without a person, as its file says now, and where. */
export interface EnabledPlaybook {
  playbook: Playbook;
  digest: string;
  source: string;
  /** Not empty. */
  environments: readonly string[];
}

/** What of vigie.yaml's list can be used. */
export interface Enabled {
  playbooks: readonly EnabledPlaybook[];
  /** Of these nothing starts until they are mended: there are none of that name, or they have mistakes. */
  broken: readonly { name: string; why: string }[];
}

/** The playbooks that vigie.yaml names under playbooks.triggers; what is wrong with one keeps nobody from the others. */
export async function findEnabled(
  triggers: readonly EnabledTriggers[],
  named: (name: string) => Promise<{ playbook: Playbook; digest: string; text: string }>,
): Promise<Enabled> {
  const playbooks: EnabledPlaybook[] = [];
  const broken: { name: string; why: string }[] = [];
  for (const { name, environments } of triggers) {
    try {
      const { playbook, digest, text } = await named(name);
      playbooks.push({ playbook, digest, source: text, environments });
    } catch (error) {
      if (!(error instanceof VigieError)) throw error;
      broken.push({ name, why: error.message });
    }
  }
  return { playbooks, broken };
}
