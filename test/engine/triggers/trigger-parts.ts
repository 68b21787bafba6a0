import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Journal } from '../../../src/core/journal.ts';
import { Evaluator } from '../../../src/engine/language/expressions/evaluator.ts';
import { readPlaybook } from '../../../src/engine/language/read-playbook.ts';
import type { EnabledPlaybook } from '../../../src/engine/triggers/enabled.ts';
import type { TriggerParts } from '../../../src/engine/triggers/start-by-trigger.ts';
import { openSqliteJournal } from '../../../src/store/journal/sqlite-journal.ts';
import { startVigie, type TestVigie } from '../../support/start-vigie.ts';

/** What starts runs, over a Vigie on a sandbox of its own, all by the clock of that Vigie. */
export async function startTriggerParts(setup: Parameters<typeof startVigie>[0] = {}): Promise<{
  test: TestVigie;
  parts: TriggerParts;
  /** The journal of the same home, opened again as another process does. */
  otherJournal: () => Promise<Journal>;
}> {
  const test = await startVigie(setup);
  onTestFinished(() => test.stop());
  await test.vigie.keys();
  const otherJournal = async (): Promise<Journal> => {
    const file = join(test.vigie.place.home, 'runs.db');
    const journal = await openSqliteJournal({ file, now: () => test.vigie.now().getTime() });
    onTestFinished(() => journal.close());
    return journal;
  };
  const journal = await otherJournal();
  const evaluator = new Evaluator();
  onTestFinished(() => evaluator.close());
  return { test, parts: { vigie: test.vigie, journal, evaluator, mayStart: async () => {} }, otherJournal };
}

/** A playbook that only looks, with these triggers. */
export async function enabledOf(
  on: string,
  { name = 'trial', more = '' }: { name?: string; more?: string } = {},
): Promise<EnabledPlaybook> {
  const source = `apiVersion: vigie/v1
kind: Playbook
metadata: {name: ${name}, title: A trial}
on: ${on}
${more}
steps: [{id: see, tool: k8s_list, with: {kind: Deployment}}]
`;
  const { playbook, digest } = await readPlaybook(source).then(read => {
    if (read.playbook === undefined) throw new Error(JSON.stringify(read.mistakes));
    return read;
  });
  return { playbook, digest, source, environments: ['test'] };
}
