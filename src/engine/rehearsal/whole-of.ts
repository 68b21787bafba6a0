import { sha256Hex } from '../../core/digest.ts';
import { VigieError } from '../../core/errors.ts';
import { canonicalJson } from '../../core/json.ts';
import type { Playbook, Step } from '../../core/playbook.ts';
import { nestedSteps, sectionsOf } from '../language/check/known-steps.ts';
import { readPlaybook } from '../language/read-playbook.ts';

/** A playbook with all that it calls, as they are now. */
export interface Whole {
  /** Of all definitions together: another one as soon as any of them is. */
  digest: string;
  playbooks: Playbook[];
}

/** Follows what a playbook calls to its end. @throws VigieError as definitionOf does, of any of them */
export async function wholeOf(
  { playbook, digest }: { playbook: Playbook; digest: string },
  definitionOf: (name: string) => Promise<{ digest: string; source: string }>,
): Promise<Whole> {
  const found = new Map([[playbook.metadata.name, { playbook, digest }]]);
  const visit = async (from: Playbook): Promise<void> => {
    for (const name of calledBy(from)) {
      if (found.has(name)) continue;
      const definition = await definitionOf(name);
      const read = await readPlaybook(definition.source);
      if (read.playbook === undefined)
        throw new VigieError('PLAYBOOK', `The playbook ${name} cannot be read.`);
      found.set(name, { playbook: read.playbook, digest: definition.digest });
      await visit(read.playbook);
    }
  };
  await visit(playbook);
  const digests = Object.fromEntries([...found].map(([name, each]) => [name, each.digest]));
  return {
    digest: sha256Hex(canonicalJson({ of: playbook.metadata.name, digests })),
    playbooks: [...found.values()].map(each => each.playbook),
  };
}

function calledBy(playbook: Playbook): string[] {
  const called = (step: Step): string[] => [
    ...(step.verb === 'playbook' ? [step.playbook] : []),
    ...nestedSteps(step).flatMap(({ steps }) => steps.flatMap(called)),
  ];
  return sectionsOf(playbook).flatMap(({ steps }) => steps.flatMap(called));
}
