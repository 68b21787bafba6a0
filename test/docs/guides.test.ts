import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { osUser } from '../../src/config/os-user.ts';
import { CliHome } from '../support/command-line.ts';

// sandbox.md is kubectl's too, logs.md has a Loki, metrics.md a Prometheus, backups.md a PostgreSQL, data.md a PostgreSQL and a Redis, playbooks.md a file: they have tests of their own.
const guides = globSync('docs/guides/*.md')
  .filter(file => !/\/(?:sandbox|logs|metrics|backups|data|playbooks)\.md$/.test(file))
  .sort();
/** A guide that shows a vigie.yaml has its commands run with that one. */
const ownConfig = /```yaml\n(# vigie\.yaml\n[\s\S]*?)```/;
const fence = /```console\n\$ vigie ([^\n]*)\n([\s\S]*?)```/g;

test('there are guides, and they run something', () => {
  const commands = guides.flatMap(file => [...readFileSync(file, 'utf8').matchAll(fence)]);
  expect(commands.length).toBeGreaterThan(5);
});

test.each(guides)('%s shows what its commands print', async file => {
  const text = readFileSync(file, 'utf8');
  const home = await CliHome.make({ policy: '{low: ask, medium: ask, high: ask}', world: 'shop' });
  const shown = ownConfig.exec(text)?.[1];
  if (shown !== undefined) writeFileSync(join(home.dir, 'vigie.yaml'), placed(shown, home.dir));
  let ticket = '';
  let made = '';
  let from = 0;
  try {
    for (const found of text.matchAll(fence)) {
      const line = found[1] ?? '';
      const { stdout, stderr } = await home.run(
        ...wordsOf(line).map(word => (word === 'TICKET' ? ticket : word)),
      );
      const output = `${stdout}${stderr}`.replace(/\n*$/, '\n');
      ticket = /Ticket (\w{8})/.exec(output)?.[1] ?? ticket;
      made += `${text.slice(from, found.index)}\`\`\`console\n$ vigie ${line}\n${steady(output, { ticket, home: home.dir })}\`\`\``;
      from = found.index + found[0].length;
    }
    made += text.slice(from);
  } finally {
    await home.remove();
  }
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, made);
  expect(readFileSync(file, 'utf8')).toBe(made);
});

/** A vigie.yaml whose /srv lies in the home, with the repositories it names. */
function placed(config: string, home: string): string {
  const text = config.replaceAll('/srv/', `${home}/srv/`);
  for (const [, path = ''] of text.matchAll(/^ *git: (\S+)/gm))
    execFileSync('git', ['init', '--quiet', '--bare', path]);
  return text;
}

/** What differs from run to run by nature: ids, hashes, times, people and folders. */
function steady(output: string, facts: { ticket: string; home: string }): string {
  return (
    output
      .replaceAll(facts.ticket === '' ? '\u0000' : facts.ticket, 'TICKET')
      .replaceAll(`${facts.home}/srv/`, '/srv/')
      .replaceAll(facts.home, '~')
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '2026-11-21T10:00:00Z')
      .replace(/\b[0-9a-f]{64}\b/g, 'c0ffee…')
      .replace(/\b[0-9a-f]{12}\b/g, 'c0ffee…')
      .replace(/(?<!=)\b(\d+)([smh])\b(?=\s)/g, '1$2')
      .replace(new RegExp(`\\b${osUser()}\\b|\\broot\\b`, 'g'), 'alice')
      // Columns are as wide as their widest cell, and names differ from machine to machine.
      .replace(/(?<=\S) {2,}(?=\S)/g, '  ')
      .replace(/[ \t]+$/gm, '')
  );
}

function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(match => match[1] ?? match[2] ?? '');
}
