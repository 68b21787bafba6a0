import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorsPage, toolsPage } from '../../scripts/docs-pages.ts';
import { errorCatalogue } from '../../src/core/errors.ts';
import { sourceFiles } from '../architecture/source-files.ts';

test('docs/tools.md and docs/errors.md are what npm run docs writes', () => {
  expect(readFileSync('docs/tools.md', 'utf8')).toBe(toolsPage());
  expect(readFileSync('docs/errors.md', 'utf8')).toBe(errorsPage());
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
