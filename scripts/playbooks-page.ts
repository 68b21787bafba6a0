import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Playbook } from '../src/core/playbook.ts';
import { readCases } from '../src/engine/cases/read-cases.ts';
import { readPlaybook } from '../src/engine/language/read-playbook.ts';
import { startersOf } from '../src/engine/triggers/starters.ts';
import { knownAlerts } from './known-alerts.ts';

/** docs/playbooks.md: every playbook that comes with Vigie, and the alerts that start one. */
export async function playbooksPage(): Promise<string> {
  const names = readdirSync('playbooks').filter(name => existsSync(`playbooks/${name}/playbook.yaml`));
  const sections = await Promise.all(names.toSorted().map(section));
  return [
    '# Playbooks',
    '',
    'Written by `npm run docs` from the playbooks themselves; do not edit. How they are run, written and tested:',
    '[guides/playbooks.md](guides/playbooks.md).',
    '',
    ...sections.flat(),
    '## Alerts',
    '',
    'Which playbook each of these alerts starts, where vigie.yaml enables it (`playbooks.triggers`). The names are those of the',
    'files beside them.',
    '',
    '| alert | playbook | from |',
    '|---|---|---|',
    ...knownAlerts.map(
      ({ name, playbook, source }) => `| \`${name}\` | [${playbook}](#${playbook}) | ${source} |`,
    ),
    '',
  ].join('\n');
}

async function section(name: string): Promise<string[]> {
  const { playbook } = await readPlaybook(readFileSync(`playbooks/${name}/playbook.yaml`, 'utf8'));
  if (playbook === undefined) throw new Error(`the playbook ${name} cannot be read`);
  const { title, description = '' } = playbook.metadata;
  const inputs = Object.entries(playbook.inputs).map(
    ([input, { type, required, default: byDefault, description: what = '' }]) =>
      `| \`${input}\` | ${type}${required ? ', required' : byDefault === undefined ? '' : `, ${JSON.stringify(byDefault)} by default`} | ${what} |`,
  );
  return [
    `## ${name}`,
    '',
    `**${title}.** ${description}`,
    '',
    factsOf(playbook).join(' · '),
    '',
    ...(inputs.length === 0 ? [] : ['| input | type | |', '|---|---|---|', ...inputs, '']),
    ...(await casesOf(name)),
  ];
}

function factsOf(playbook: Playbook): string[] {
  const { policy, timeout } = playbook;
  const starts = startersOf(playbook);
  return [
    `Started by ${['a person', ...starts].join(', ')}`,
    `at most ${timeout}`,
    ...(policy.maxTargets === undefined ? [] : [`changes at most ${policy.maxTargets} objects`]),
    ...(policy.requireRehearsal === undefined
      ? []
      : [`unattended only with a rehearsal of the last ${policy.requireRehearsal}`]),
  ];
}

async function casesOf(name: string): Promise<string[]> {
  const file = `playbooks/${name}/test.yaml`;
  if (!existsSync(file)) return [];
  const { cases = [] } = await readCases(readFileSync(file, 'utf8')).then(read =>
    'cases' in read ? { cases: read.cases } : {},
  );
  return ['Tested:', '', ...cases.map(each => `- ${each.name}`), ''];
}
