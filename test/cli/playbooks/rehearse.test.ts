import { existsSync, readdirSync, utimesSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { CliHome } from '../../support/command-line.ts';
import { eventually } from '../../support/eventually.ts';

const scaled = (replicas: number): string =>
  `steps: [{id: more, tool: k8s_scale, with: {target: {kind: Deployment, name: cart, namespace: shop}, replicas: ${replicas}, waitSeconds: 60}}]\nonFailure: {undo: completedInReverse}\n`;
const endless = `timeout: 7d
steps:
  - id: forever
    wait: {tool: k8s_list, with: {kind: Deployment, namespace: shop, format: json}, until: output.total > 100, every: 1s, within: 7d}
`;

async function homeWith(steps: string, policy?: string): Promise<CliHome> {
  const home = await CliHome.make(policy === undefined ? {} : { policy });
  onTestFinished(() => home.remove());
  const own = join(home.dir, 'playbooks');
  await mkdir(join(own, 'trial'), { recursive: true });
  await writeFile(
    join(own, 'trial', 'playbook.yaml'),
    `apiVersion: vigie/v1\nkind: Playbook\nmetadata: {name: trial, title: Tried}\n${steps}`,
  );
  const config = join(home.dir, 'vigie.yaml');
  await writeFile(config, `${await readFile(config, 'utf8')}playbooks: {directory: ${own}}\n`);
  return home;
}

const rehearse = ['playbooks', 'rehearse', 'trial'] as const;

test('it tells each step, its diff, the way back, how far it reaches and what it cannot foresee, and changes nothing', async () => {
  const home = await homeWith(scaled(5));
  const { status, stdout, stderr } = await home.run(...rehearse);
  expect(stderr).toContain('Run it: vigie run trial --environment box');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^trial \([0-9a-f]{8}\) on a copy of box: would end well\n\nSTEP +WHAT +STATUS/);
  expect(stdout).toMatch(/^more +k8s_scale +done +medium +any approver +Deployment\/cart: 5 pods/m);
  expect(stdout).toContain('-  replicas: 2\n+  replicas: 5\n');
  expect(stdout).toContain('The way back, were it to fail behind more\n');
  expect(stdout).toContain('-  replicas: 5\n+  replicas: 2\n');
  expect(stdout).toMatch(
    /^reaches +1 object in 1 namespace \(Deployment\/cart in shop\); 0 pods end, 3 are made$/m,
  );
  expect(stdout).toMatch(/^recorded +\S+, audit head [0-9a-f]{12}$/m);
  expect(stdout).toContain('- How traffic fares while pods come and go');
  const { stdout: list } = await home.run('k8s', 'list', 'deployments', '-n', 'shop', '-o', 'json');
  expect(list).toContain('"2/2"');
  expect(list).not.toContain('"5/5"');
});

test('what would be denied ends with 5, and as data it is whole', async () => {
  const home = await homeWith(scaled(5), '{low: allow, medium: deny, high: ask}');
  const { status, stdout } = await home.run(...rehearse, '-o', 'json');
  expect(status).toBe(5);
  expect(JSON.parse(stdout)).toMatchObject({
    playbook: 'trial',
    environment: 'box',
    outcome: 'denied',
    steps: [{ path: 'more', what: 'k8s_scale', status: 'denied' }],
    blast: { objects: [] },
  });
});

test('a slip in an input, an environment or a step is usage, and nothing is read for it', async () => {
  const home = await homeWith(scaled(5));
  const slips: [string[], string][] = [
    [['-i', 'namespce=shop'], 'it takes no namespce'],
    [['-e', 'prod'], 'There is no environment'],
    [['--fail-behind', 'mroe'], 'It has more.'],
  ];
  for (const [words, said] of slips) {
    const { status, stderr } = await home.run(...rehearse, ...words);
    expect(stderr).toContain(said);
    expect(status).toBe(2);
  }
  expect(existsSync(join(home.dir, 'home', 'sandbox.json'))).toBe(false);
});

test('Ctrl-C ends it and takes its home along, a terminal that is closed too; of one that was killed it goes with the next', async () => {
  const home = await homeWith(endless);
  const first = home.start(...rehearse);
  const homeOf = (pid: number | undefined): string | undefined =>
    readdirSync(tmpdir()).find(name => name.startsWith('vigie-play-') && name.includes(`-${pid}-`));
  const ended = new Promise(resolve => first.once('close', resolve));
  await eventually(() => expect(homeOf(first.pid)).toBeDefined());
  first.kill('SIGINT');
  expect(await ended).toBe(130);
  expect(homeOf(first.pid)).toBeUndefined();

  const second = home.start(...rehearse);
  const killed = new Promise(resolve => second.once('close', resolve));
  await eventually(() => expect(homeOf(second.pid)).toBeDefined());
  second.kill('SIGKILL');
  await killed;
  const left = join(tmpdir(), homeOf(second.pid) ?? '');
  expect(existsSync(left)).toBe(true);
  const longAgo = new Date(Date.now() - 3_600_000);
  utimesSync(left, longAgo, longAgo);
  const third = home.start(...rehearse);
  const over = new Promise(resolve => third.once('close', resolve));
  await eventually(() => expect(homeOf(third.pid)).toBeDefined());
  expect(existsSync(left)).toBe(false);
  // As a terminal that is closed does.
  third.kill('SIGHUP');
  expect(await over).toBe(130);
  expect(homeOf(third.pid)).toBeUndefined();
});

test('the command that it ends with has the inputs as they were typed, for a shell to take', async () => {
  const home =
    await homeWith(`inputs: {why: {type: string, required: true}, many: {type: integer, default: 1}}
steps: [{id: see, tool: k8s_list, with: {kind: Pod, namespace: shop}}]
`);
  const { stderr } = await home.run(...rehearse, '-i', "why=it's late", '-i', 'many=3');
  expect(stderr).toContain("Run it: vigie run trial --environment box -i 'why=it'\\''s late' -i many=3\n");
});
