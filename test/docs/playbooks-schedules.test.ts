import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { openSqliteJournal } from '../../src/store/journal/sqlite-journal.ts';
import { CliHome } from '../support/command-line.ts';
import { eventually } from '../support/eventually.ts';

// What the guide says about schedules and events is done here as it stands there, but for where files lie.

const text = readFileSync('docs/guides/playbooks.md', 'utf8');
const part = /## Started by a schedule\n[\s\S]*?(?=\n## The parts)/.exec(text)?.[0] ?? '';

let home: CliHome;
beforeEach(async () => {
  home = await CliHome.make();
});
afterEach(() => home.remove());

/** What stands between fences of a language, from the line that begins with `first` on. */
function fence(language: string, first: string): string {
  const found = [...part.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))];
  return found.map(([, inner = '']) => inner).find(inner => inner.startsWith(first)) ?? '';
}

test('the guide shows what a worker says that serves its playbooks', async () => {
  const config = fence('yaml', '# vigie.yaml').replaceAll('/etc/vigie/', `${home.dir}/`);
  const environments = ['prod', 'staging'].map(name => `  ${name}: {sandbox: {world: shop}}`).join('\n');
  writeFileSync(
    join(home.dir, 'vigie.yaml'),
    `${config}witness: {journal: false}\nenvironments:\n${environments}\n`,
    { mode: 0o600 },
  );
  const folder = join(home.dir, 'playbooks', 'stuck-mount');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'playbook.yaml'), fence('yaml', '# stuck-mount'), { mode: 0o600 });
  // It was seen to two days ago, and no worker was there since.
  mkdirSync(join(home.dir, 'home'), { mode: 0o700 });
  const journal = await openSqliteJournal({
    file: join(home.dir, 'home', 'runs.db'),
    now: () => Date.now(),
  });
  onTestFinished(() => journal.close());
  const ago = Date.now() - 2 * 24 * 3_600_000;
  await journal.tick({ schedule: 'nightly-health-report/prod 0 5 * * * UTC', at: ago });
  let said = '';
  const worker = home.start('worker');
  onTestFinished(() => void worker.kill('SIGKILL'));
  worker.stderr?.on('data', (data: Buffer) => {
    said += data.toString();
  });
  await eventually(() => expect(said).toMatch(/before it was missed$/m));
  const moment = /\d{4}-\d\d-\d\dT05:00:00\.000Z/g;
  const shown = said
    .split('\n')
    .slice(0, 3)
    .join('\n')
    .replaceAll(moment, '2026-11-23T05:00:00.000Z')
    .replace(/run \w{8}/, 'run k3m9x2ab');
  expect(fence('text', '$ vigie worker')).toBe(`$ vigie worker\n${shown}\n`);
});
