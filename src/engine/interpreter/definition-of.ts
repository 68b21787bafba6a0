import type { Journal } from '../../core/journal.ts';
import type { Playbook } from '../../core/playbook.ts';
import { readPlaybook } from '../language/read-playbook.ts';

/** The playbook of that digest. Undefined: there is none, it cannot be read, or the text that is kept has another digest. */
export async function definitionOf(journal: Journal, digest: string): Promise<Playbook | undefined> {
  const source = await journal.definition(digest);
  const read = source === undefined ? undefined : await readPlaybook(source);
  return read?.playbook !== undefined && read.digest === digest ? read.playbook : undefined;
}
