import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { definitionOf } from '../../../src/engine/interpreter/definition-of.ts';
import { readPlaybook } from '../../../src/engine/language/read-playbook.ts';
import { openSqliteJournal } from '../../../src/store/journal/sqlite-journal.ts';

const source = `apiVersion: vigie/v1
kind: Playbook
metadata: {name: trial, title: A trial}
steps:
  - {id: look, tool: k8s_list, with: {kind: Pod}}
`;

test('a definition whose text is another one by now is none, also where it was read before', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-definition-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'runs.db');
  const journal = await openSqliteJournal({ file, now: () => Date.now() });
  onTestFinished(() => journal.close());
  const read = await readPlaybook(source);
  if (read.playbook === undefined) throw new Error('it cannot be read');
  const { digest } = read;
  await journal.putDefinition(digest, source);
  expect((await definitionOf(journal, digest))?.metadata.title).toBe('A trial');
  expect((await definitionOf(journal, digest))?.metadata.title).toBe('A trial');
  const database = new Sqlite(file);
  onTestFinished(() => {
    database.close();
  });
  const other = source.replace('A trial', 'Another');
  expect(database.prepare('update definition set source = ?').run(other).changes).toBe(1);
  expect(await definitionOf(journal, digest)).toBeUndefined();
  expect(await definitionOf(journal, 'nobody')).toBeUndefined();
});
