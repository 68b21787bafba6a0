import type { Journal } from '../../core/journal.ts';
import type { Playbook } from '../../core/playbook.ts';
import { readPlaybook } from '../language/read-playbook.ts';

/** A run that waits comes back every few seconds, and reading its playbook takes longer than all else of such a look. */
const mostKept = 30;
const kept = new Map<string, { source: string; playbook: Playbook }>();

/** The playbook of that digest. Undefined: there is none, it cannot be read, or the text that is kept has another digest. */
export async function definitionOf(journal: Journal, digest: string): Promise<Playbook | undefined> {
  const source = await journal.definition(digest);
  if (source === undefined) return undefined;
  const before = kept.get(digest);
  if (before?.source === source) return before.playbook;
  const read = await readPlaybook(source);
  if (read.playbook === undefined || read.digest !== digest) return undefined;
  const [oldest] = kept.keys();
  if (oldest !== undefined && kept.size >= mostKept) kept.delete(oldest);
  kept.set(digest, { source, playbook: read.playbook });
  return read.playbook;
}
