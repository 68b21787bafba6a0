import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  auditRulesPage,
  errorsPage,
  findingsPage,
  playbookSchemaText,
  toolsPage,
} from '../../scripts/docs-pages.ts';
import { playbooksPage } from '../../scripts/playbooks-page.ts';
import { errorCatalogue } from '../../src/core/errors.ts';
import { analyzers } from '../../src/diagnosis/analyzers/index.ts';
import { sourceFiles } from '../architecture/source-files.ts';

test('the pages and the schema that npm run docs writes are what it would write now', async () => {
  expect(readFileSync('docs/tools.md', 'utf8')).toBe(toolsPage());
  expect(readFileSync('docs/errors.md', 'utf8')).toBe(errorsPage());
  expect(readFileSync('docs/findings.md', 'utf8')).toBe(findingsPage());
  expect(readFileSync('docs/audit-rules.md', 'utf8')).toBe(auditRulesPage());
  expect(readFileSync('docs/playbook.schema.json', 'utf8')).toBe(playbookSchemaText());
  expect(readFileSync('docs/playbooks.md', 'utf8')).toBe(await playbooksPage());
});

test('every code of the catalogue is used somewhere, and only those', () => {
  const used = new Set(
    sourceFiles()
      .filter(file => file.path !== 'src/core/errors.ts')
      .flatMap(file => [...file.text.matchAll(/'([A-Z][A-Z_]{3,})'/g)].map(match => match[1] ?? '')),
  );
  const idle = Object.keys(errorCatalogue).filter(code => !used.has(code));
  expect(idle).toEqual([]);
});

test('a code that several subjects find is one row of what people look for', () => {
  const codes = analyzers.flatMap(({ codes }) => Object.entries(codes));
  expect(codes.length).toBeGreaterThan(50);
  const rowsOf = Map.groupBy(codes, ([code]) => code);
  const torn = [...rowsOf].filter(([, each]) => new Set(each.map(([, { row }]) => row)).size > 1);
  expect(torn.map(([code]) => code)).toEqual([]);
});
