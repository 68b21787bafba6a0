// Writes docs/tools.md, docs/errors.md and docs/findings.md from the registry, the error catalogue and the rules of diagnosis;
// a test compares them.
import { writeFileSync } from 'node:fs';
import { errorsPage, findingsPage, toolsPage } from './docs-pages.ts';

writeFileSync('docs/tools.md', toolsPage());
writeFileSync('docs/errors.md', errorsPage());
writeFileSync('docs/findings.md', findingsPage());
