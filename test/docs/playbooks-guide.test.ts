import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CliHome } from '../support/command-line.ts';

const file = 'docs/guides/playbooks.md';
const shown = /```yaml\n# restart-web\/playbook\.yaml\n([\s\S]*?)```/;
const fence = /```console\n\$ vigie ([^\n]*)\n([\s\S]*?)```/g;

test('the guide to playbooks shows what its commands print, of the file that it shows', async () => {
  const text = readFileSync(file, 'utf8');
  const home = await CliHome.make();
  const folder = join(home.dir, 'restart-web');
  await mkdir(folder);
  await writeFile(join(folder, 'playbook.yaml'), shown.exec(text)?.[1] ?? '');
  let made = '';
  let from = 0;
  let commands = 0;
  try {
    for (const found of text.matchAll(fence)) {
      const line = found[1] ?? '';
      const words = line
        .split(' ')
        .map(word => (word.startsWith('restart-web/') ? join(home.dir, word) : word));
      const { stdout, stderr } = await home.run(...words);
      const output = `${stdout}${stderr}`
        .replaceAll(`${home.dir}/`, '')
        .replaceAll(/^Run \w{8}$/gm, 'Run k3m9x2ab')
        .replaceAll(join(process.cwd(), 'playbooks'), '/usr/lib/node_modules/vigie/dist/playbooks');
      made += `${text.slice(from, found.index)}\`\`\`console\n$ vigie ${line}\n${output}\`\`\``;
      from = found.index + found[0].length;
      commands += 1;
    }
    made += text.slice(from);
  } finally {
    await home.remove();
  }
  expect(commands).toBe(4);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, made);
  expect(readFileSync(file, 'utf8')).toBe(made);
});
