// Writes docs/tools.md and docs/errors.md from the registry and the error catalogue; a test compares them.
import { writeFileSync } from 'node:fs';
import { errorsPage, toolsPage } from './docs-pages.ts';

writeFileSync('docs/tools.md', toolsPage());
writeFileSync('docs/errors.md', errorsPage());
