// Writes docs/tools.md, docs/errors.md, docs/findings.md, docs/audit-rules.md, docs/playbooks.md and docs/playbook.schema.json
// from the registry, the error catalogue, the rules, the playbooks and their language, and a skill for each playbook; tests compare them.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { auditRulesPage, errorsPage, findingsPage, playbookSchemaText, toolsPage } from './docs-pages.ts';
import { playbookSkills, skillPrefix } from './playbook-skills.ts';
import { playbooksPage } from './playbooks-page.ts';

writeFileSync('docs/tools.md', toolsPage());
writeFileSync('docs/errors.md', errorsPage());
writeFileSync('docs/findings.md', findingsPage());
writeFileSync('docs/audit-rules.md', auditRulesPage());
writeFileSync('docs/playbook.schema.json', playbookSchemaText());
writeFileSync('docs/playbooks.md', await playbooksPage());

const skills = await playbookSkills();
for (const folder of readdirSync('skills'))
  if (folder.startsWith(skillPrefix) && !skills.has(folder)) rmSync(`skills/${folder}`, { recursive: true });
for (const [folder, text] of skills) {
  mkdirSync(`skills/${folder}`, { recursive: true });
  writeFileSync(`skills/${folder}/SKILL.md`, text);
}
