import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isInstalled, unlessMissing } from '../integrations/support/start-program.ts';
import { CliHome } from '../support/command-line.ts';
import { eventually } from '../support/eventually.ts';

// What the guide says about alerts and webhooks is done here as it stands there, but for where files lie and ports are.

const file = 'docs/guides/playbooks.md';
const part = /## Started by an alert\n[\s\S]*?(?=\n## The parts)/;
const environments = 'witness: {journal: false}\nenvironments: {box: {sandbox: {world: shop}}}\n';

let home: CliHome;
beforeEach(async () => {
  home = await CliHome.make();
});
afterEach(() => home.remove());

function fences(language: string): string[] {
  const text = part.exec(readFileSync(file, 'utf8'))?.[0] ?? '';
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, inner = '']) => inner,
  );
}

/** As the guide has it, in this home. */
function moved(text: string): string {
  return text.replaceAll('/etc/vigie/', `${home.dir}/`).replaceAll('127.0.0.1:9094', '"127.0.0.1:0"');
}

test('the guide shows what trying its alert says, with its vigie.yaml', async () => {
  const [config = '', alertmanager = ''] = fences('yaml');
  const [alert = ''] = fences('json');
  await writeFile(join(home.dir, 'vigie.yaml'), `${moved(config)}${environments}`, { mode: 0o600 });
  await writeFile(join(home.dir, 'alert.json'), alert);
  const { status, stdout, stderr } = await home.run(
    'triggers',
    'test',
    '--alert',
    join(home.dir, 'alert.json'),
  );
  // It was not rehearsed.
  expect({ status, stderr }).toEqual({ status: 5, stderr: '' });
  const made = `\`\`\`text\n$ vigie triggers test --alert alert.json\n${stdout.replace(/\([0-9a-f]{8}\)/, '(1f3a9c04)')}\`\`\``;
  const text = readFileSync(file, 'utf8');
  const shown = /```text\n\$ vigie triggers test[\s\S]*?```/;
  if (process.env['UPDATE_GOLDEN'] === '1')
    writeFileSync(
      file,
      text.replace(shown, () => made),
    );
  expect(shown.exec(readFileSync(file, 'utf8'))?.[0]).toBe(made);
  expect(alertmanager).toContain('/alerts/main');
});

const program = 'amtool';

test.skipIf(!isInstalled(program))(
  `the guide's alertmanager.yml is one${unlessMissing(program)}`,
  async () => {
    const config = join(home.dir, 'alertmanager.yml');
    await writeFile(config, moved(fences('yaml')[1] ?? '').replaceAll('"', ''));
    await writeFile(join(home.dir, 'alerts.token'), 'x');
    const checked = spawnSync(program, ['check-config', config], { encoding: 'utf8' });
    expect({ status: checked.status, said: checked.stdout }).toMatchObject({
      status: 0,
      said: expect.stringContaining('SUCCESS'),
    });
  },
);

test('the commands that the guide signs a delivery with are taken', async () => {
  const [, , config = ''] = fences('yaml');
  await writeFile(join(home.dir, 'vigie.yaml'), `${moved(config)}${environments}`, { mode: 0o600 });
  await writeFile(join(home.dir, 'deployed.key'), 'a-key-that-signs-deliveries');
  const worker = home.start('worker');
  let said = '';
  worker.stderr?.on('data', (data: Buffer) => {
    said += data.toString();
  });
  try {
    const address = await eventually(() => {
      const found = /on http:\/\/(\S+)\./.exec(said)?.[1];
      if (found === undefined) throw new Error(said);
      return found;
    });
    const [commands = ''] = fences('sh');
    const script = commands.replaceAll('/etc/vigie/', `${home.dir}/`).replaceAll('127.0.0.1:9094', address);
    const { stdout } = await promisify(execFile)('bash', ['-c', script]);
    expect(JSON.parse(stdout)).toMatchObject({ started: 0, unmatched: 1 });
  } finally {
    worker.kill('SIGTERM');
    await new Promise(resolve => worker.once('close', resolve));
  }
});
