import { errorCatalogue } from '../src/core/errors.ts';
import { isObject, type JsonObject, plainText } from '../src/core/json.ts';
import type { CodeFacts } from '../src/diagnosis/analyzer.ts';
import { analyzers } from '../src/diagnosis/analyzers/index.ts';
import { rules } from '../src/diagnosis/audit/rules/index.ts';
import { rows } from '../src/diagnosis/rows.ts';
import { playbookJsonSchema } from '../src/engine/language/json-schema.ts';
import { listingOf } from '../src/toolkit/listing.ts';
import type { Tool } from '../src/toolkit/tool.ts';
import { toolsOf } from '../src/tools/toolsets.ts';

/** docs/tools.md: every tool with its arguments and what it answers. */
export function toolsPage(): string {
  const tools = toolsOf(undefined, { readOnly: false });
  return [
    '# Tools',
    '',
    'Written by `npm run docs` from the tools themselves; do not edit. On the command line `k8s_list` is `vigie k8s list`; what',
    '`playbooks_…` does is done there by `vigie playbooks`, `vigie run` and `vigie runs`.',
    '',
    ...tools.flatMap(toolSection),
  ].join('\n');
}

/** docs/errors.md: every error code and when it happens, and the statuses that are no errors. */
export function errorsPage(): string {
  return [
    '# Errors',
    '',
    'Written by `npm run docs` from the catalogue; do not edit. An error is something the caller can mend, or a fault of',
    'Vigie (`INTERNAL`). A refusal is none: a call that policy stops ends as `denied`, one that a person stops as',
    '`rejected`, one that waits for a person as `approval_required`.',
    '',
    '| code | when |',
    '|---|---|',
    ...Object.entries(errorCatalogue).map(([code, when]) => `| \`${code}\` | ${when} |`),
    '',
  ].join('\n');
}

/** docs/findings.md: every code by what people look for, what it means, how it is decided and what heals it. */
export function findingsPage(): string {
  const codes = analyzers.flatMap(({ codes: own }) => Object.entries(own));
  const byCode = Map.groupBy(codes, ([code]) => code);
  const sections = Object.entries(rows).flatMap(([row, title]) => {
    const found = [...byCode]
      .map(([code, all]): [string, CodeFacts[]] => [code, all.map(([, facts]) => facts)])
      .filter(([, [facts]]) => facts?.row === row)
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    return found.length === 0 ? [] : [`## ${title}`, '', ...found.flatMap(findingLines)];
  });
  return [
    '# Findings',
    '',
    'Written by `npm run docs` from the rules themselves; do not edit. What `k8s_diagnose` (`vigie k8s diagnose`) can find, by',
    'what people look for. How to read its answers: [guides/diagnosis.md](guides/diagnosis.md).',
    '',
    ...sections,
  ].join('\n');
}

/** docs/audit-rules.md: every rule of an audit, how grave it is, why, and where it comes from. */
export function auditRulesPage(): string {
  return [
    '# Audit rules',
    '',
    'Written by `npm run docs` from the rules themselves; do not edit. `vigie k8s audit` (`k8s_audit`) judges a cluster by them,',
    '`vigie manifests lint` (`manifests_lint`) files. An annotation `vigie.dev/audit-ignore.RULE: "REASON; until 2027-01-31"` on',
    'an object excuses it from a rule until the end of that day.',
    '',
    '| rule | severity | what | otherwise | source |',
    '|---|---|---|---|---|',
    ...rules.map(
      ({ id, severity, title, why, source, filesOnly }) =>
        `| \`${id}\` | ${severity} | ${title}${filesOnly === true ? ' (files only)' : ''} | ${why} | [${source.name}](${source.url}) |`,
    ),
    '',
  ].join('\n');
}

/** docs/playbook.schema.json: what an editor checks a playbook by. */
export function playbookSchemaText(): string {
  return `${JSON.stringify(playbookJsonSchema(), null, 2)}\n`;
}

/** A code that several subjects find has what each of them says of it. */
function findingLines([code, all]: [string, CodeFacts[]]): string[] {
  return [
    `### ${code}`,
    '',
    ...all.flatMap(({ means, decided, fixed }) => [
      means,
      '',
      `- Decided: ${decided}`,
      `- Healed by: ${fixed}`,
      '',
    ]),
  ];
}

function toolSection(tool: Tool): string[] {
  const listing = listingOf(tool);
  const sort = sortOf(tool);
  const required = Array.isArray(listing.inputSchema['required']) ? listing.inputSchema['required'] : [];
  return [
    `## ${tool.name}`,
    '',
    `${tool.description} ${sort}`,
    '',
    '| argument | type | |',
    '|---|---|---|',
    ...fieldsOf(listing.inputSchema).map(
      ([name, field]) =>
        `| \`${name}\`${required.includes(name) ? ' (required)' : ''} | ${typeOf(field)} | ${plainText(field['description'])} |`,
    ),
    '',
    `Answers ${fieldsOf(listing.outputSchema)
      .map(([name]) => `\`${name}\``)
      .join(', ')}.`,
    '',
  ];
}

function sortOf(tool: Tool): string {
  if (tool.kind === 'read') return 'Reads.';
  if (tool.kind === 'act') return 'Acts on runs; changes no cluster itself.';
  return `Changes${tool.destructive ? '; may take something away' : ''}.`;
}

function fieldsOf(schema: JsonObject): [string, JsonObject][] {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  return Object.entries(properties).map(([name, field]) => [name, isObject(field) ? field : {}]);
}

function typeOf(field: JsonObject): string {
  if (Array.isArray(field['enum'])) return field['enum'].map(choice => `\`${plainText(choice)}\``).join(' ');
  const inner = isObject(field['items']) ? ` of ${typeOf(field['items'])}` : '';
  const byDefault = field['default'] === undefined ? '' : `, ${plainText(field['default'])} by default`;
  return `${plainText(field['type'] ?? 'any')}${inner}${byDefault}`;
}
