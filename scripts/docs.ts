// Writes docs/tools.md, docs/errors.md, docs/findings.md, docs/audit-rules.md and docs/playbook.schema.json from the registry,
// the error catalogue, the rules and the language of playbooks; a test compares them.
import { writeFileSync } from 'node:fs';
import { auditRulesPage, errorsPage, findingsPage, playbookSchemaText, toolsPage } from './docs-pages.ts';

writeFileSync('docs/tools.md', toolsPage());
writeFileSync('docs/errors.md', errorsPage());
writeFileSync('docs/findings.md', findingsPage());
writeFileSync('docs/audit-rules.md', auditRulesPage());
writeFileSync('docs/playbook.schema.json', playbookSchemaText());
