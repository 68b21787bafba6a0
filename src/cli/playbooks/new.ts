import { join } from 'node:path';
import { VigieError } from '../../core/errors.ts';
import { trusted } from '../../core/trusted-text.ts';
import { listPlaybooks } from '../../engine/catalogue/catalogue.ts';
import { playbookSkeleton } from '../../engine/catalogue/skeleton.ts';
import { playbookName } from '../../engine/language/steps/fields.ts';
import type { CommonOptions, Session } from '../session.ts';
import { writeNew } from '../write-new.ts';

/** Writes a playbook to begin with into the folder that vigie.yaml names. Overwrites nothing. */
export async function makeNew(
  session: Session,
  { name, options }: { name: string; options: CommonOptions },
): Promise<void> {
  const named = playbookName.safeParse(name);
  if (!named.success)
    throw new VigieError(
      'INVALID_INPUT',
      `A playbook cannot be called ${name}: it ${named.error.issues[0]?.message ?? ''}.`,
      {
        hint: 'For example: vigie playbooks new restart-web',
      },
    );
  const { playbooks, file } = await session.config(options);
  if (playbooks.directory === undefined)
    throw new VigieError('INVALID_INPUT', `${file ?? 'vigie.yaml'} names no folder for playbooks.`, {
      hint: 'Add it at the top of vigie.yaml: playbooks: {directory: /etc/vigie/playbooks}',
    });
  const all = await listPlaybooks(playbooks.directory);
  if (all.some(each => each.name === name && each.origin === 'shipped'))
    throw new VigieError('ALREADY_EXISTS', `Vigie comes with a playbook ${name}.`, {
      hint: trusted`Choose another name; to see that one: vigie playbooks show ${name}`,
    });
  const target = join(playbooks.directory, name, 'playbook.yaml');
  await writeNew(target, { text: playbookSkeleton(name), hint: trusted`Choose another name.` });
  await session.terminal.write(`Wrote ${target}\nNext: edit it, then vigie playbooks lint\n`);
}
