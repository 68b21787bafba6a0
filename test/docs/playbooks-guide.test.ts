import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type JsonObject, textOf } from '../../src/core/json.ts';
import { CliHome } from '../support/command-line.ts';

const file = 'docs/guides/playbooks.md';
const shown = /```yaml\n# restart-web\/playbook\.yaml\n([\s\S]*?)```/;
/** Of a list that grows these rows are shown. */
const shownRows = /^(NAME|deploy|heal-oom|rolling-restart|Of your own) /;
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
      const isRehearsal = words[1] === 'rehearse';
      const heal = isRehearsal ? await starveCart(home) : undefined;
      const { stdout, stderr } = await home.run(...words);
      await heal?.();
      const isList = line === 'playbooks list';
      const output = (isList ? fewRows(`${stdout}${stderr}`) : `${stdout}${stderr}`)
        .replaceAll(`${home.dir}/`, '')
        .replaceAll(/(?<=^✓ .*) {2}(\d+[hm] )*\d+s$/gm, '  9s')
        .replaceAll(/^Run \w{8}$/gm, 'Run k3m9x2ab')
        // Of branches side by side nobody knows which ends first.
        .replaceAll(/(?:^✓ look\/.*\n)+/gm, lines =>
          lines
            .split(/(?<=\n)/)
            .toSorted()
            .join(''),
        )
        .replaceAll(/(?<=vigie undo )\w{8}(?= takes)/g, 'k3m9x2ab')
        .replace(/^takes .*$/m, 'takes     5s by the clock of the copy; the rehearsal took 3s')
        .replace(/^copy {6}.*$/m, 'copy      209 objects, 35 pods, 3 nodes')
        .replaceAll(/(?<=Pod\/cart-\w{10}-)\w{5}/g, 'k3m9x')
        .replace(/^recorded .*$/m, 'recorded  2026-11-22T03:00:00.000Z, audit head e7a6f4cf5998')
        // Whoever edits a playbook has not edited the guide.
        .replaceAll(/(?<=shipped(,| {2}) *)[0-9a-f]{8}/g, '1f3a9c04')
        .replaceAll(/\/\S*\/playbooks(?=\/heal-oom\/)/g, '/usr/lib/node_modules/vigie/dist/playbooks');
      made += `${text.slice(from, found.index)}\`\`\`console\n$ vigie ${line}\n${output}\`\`\``;
      from = found.index + found[0].length;
      commands += 1;
    }
    made += text.slice(from);
  } finally {
    await home.remove();
  }
  expect(commands).toBe(6);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, made);
  expect(readFileSync(file, 'utf8')).toBe(made);
});

function fewRows(list: string): string {
  const rows = list.split('\n').filter(row => shownRows.test(row));
  expect(rows).toHaveLength(5);
  return [...rows.slice(0, -1), '…', ...rows.slice(-1), ''].join('\n');
}

/** Gives cart less memory than it needs, and answers what gives it back what it had. */
async function starveCart(home: CliHome): Promise<() => Promise<void>> {
  await home.run('k8s', 'list', 'deployments', '-n', 'shop');
  const address: unknown = JSON.parse(readFileSync(join(home.dir, 'home', 'sandbox.json'), 'utf8'));
  const [url, token] = [textOf(address, 'url'), textOf(address, 'token')];
  const send = async (method: string, path: string, body?: JsonObject): Promise<void> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/strategic-merge-patch+json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    expect(response.status).toBe(200);
  };
  const cart = '/apis/apps/v1/namespaces/shop/deployments/cart';
  const limited = (requested: string, memory: string): JsonObject => {
    const resources = { requests: { memory: requested }, limits: { memory } };
    return { spec: { template: { spec: { containers: [{ name: 'cart', resources }] } } } };
  };
  await send('PATCH', cart, limited('32Mi', '96Mi'));
  await send('POST', '/_sandbox?advanceMs=300000');
  return async () => {
    await send('PATCH', cart, limited('128Mi', '256Mi'));
    await send('POST', '/_sandbox?advanceMs=300000');
  };
}
