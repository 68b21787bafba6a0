// Writes docs/tools.md, docs/errors.md, docs/findings.md and docs/audit-rules.md from the registry, the error catalogue and the rules;
// a test compares them.
import { writeFileSync } from 'node:fs';
import { auditRulesPage, errorsPage, findingsPage, toolsPage } from './docs-pages.ts';

writeFileSync('docs/tools.md', toolsPage());
writeFileSync('docs/errors.md', errorsPage());
writeFileSync('docs/findings.md', findingsPage());
writeFileSync('docs/audit-rules.md', auditRulesPage());
