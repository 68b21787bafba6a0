import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runHere } from '../support/command-line.ts';

let dir = '';
let own = '';
let env: NodeJS.ProcessEnv = {};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vigie-playbooks-'));
  own = join(dir, 'playbooks');
  env = { HOME: dir, VIGIE_HOME: join(dir, 'home'), VIGIE_CONFIG: join(dir, 'vigie.yaml') };
  await writeFile(
    join(dir, 'vigie.yaml'),
    `witness: {journal: false}\nplaybooks: {directory: ${own}}\nenvironments: {box: {sandbox: {world: shop}}}\n`,
    { mode: 0o600 },
  );
});
afterAll(() => rm(dir, { recursive: true }));

const vigie = (...words: string[]) => runHere(['playbooks', ...words], env);

const text = (name: string, steps: string) =>
  `apiVersion: vigie/v1\nkind: Playbook\nmetadata: {name: ${name}, title: Tried}\nsteps:\n${steps}\n`;

async function put(path: string, content: string): Promise<string> {
  const file = join(dir, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, content);
  return file;
}

describe('new', () => {
  test('writes one that is right into the folder, for its owner alone, and never over another', async () => {
    const first = await vigie('new', 'restart-web');
    expect(first).toMatchObject({ status: 0, stderr: '' });
    const file = join(own, 'restart-web', 'playbook.yaml');
    expect(first.stdout).toBe(`Wrote ${file}\nNext: edit it, then vigie playbooks lint\n`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await writeFile(file, `${await readFile(file, 'utf8')}# mine\n`);
    const second = await vigie('new', 'restart-web');
    expect(second).toMatchObject({ status: 1, stderr: expect.stringContaining('never overwrites a file') });
    expect(await readFile(file, 'utf8')).toMatch(/# mine\n$/);
    expect(await vigie('lint')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^✓ \d+ playbooks checked, nothing is wrong\.\n$/),
    });
  });

  test.each(['../x', 'Heal', 'a/b', '', '-', '__proto__'])('a name such as %j is refused', async name => {
    const { status, stdout } = await vigie('new', '--', name);
    expect(status).toBe(2);
    expect(stdout).toBe('');
  });

  test('the name of one that comes with Vigie is taken', async () => {
    expect(await vigie('new', 'heal-oom')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Vigie comes with a playbook heal-oom.'),
    });
  });

  test('without a folder in vigie.yaml it says what to add', async () => {
    const config = await put('bare/vigie.yaml', 'environments: {box: {sandbox: {world: shop}}}\n');
    expect(await vigie('new', 'x', '--config', config)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('playbooks: {directory: /etc/vigie/playbooks}'),
    });
  });
});

describe('lint', () => {
  test('tells each mistake with file, line, column, and what to write instead; exit status 5', async () => {
    const file = await put('a.yaml', text('a', '- {tool: k8s_lst, with: {}}'));
    const { status, stdout } = await vigie('lint', file);
    expect(status).toBe(5);
    expect(stdout).toBe(
      `${file}:5:4: there is no tool k8s_lst (steps[0].tool)\n    Did you mean k8s_list, k8s_get, k8s_set?\n✗ 1 of 1 playbook cannot be used.\n`,
    );
  });

  test('as data too', async () => {
    const wrong = await put('b.yaml', text('b', '- {tool: k8s_lst}'));
    const right = await put('c.yaml', text('c', '- {tool: k8s_diagnose}'));
    const { status, stdout } = await vigie('lint', wrong, right, '-o', 'json');
    expect(status).toBe(5);
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      files: [
        {
          file: wrong,
          mistakes: [
            {
              line: 5,
              column: 4,
              field: 'steps[0].tool',
              message: 'there is no tool k8s_lst',
              fix: 'Did you mean k8s_list, k8s_get, k8s_set?',
            },
          ],
        },
        { file: right, mistakes: [] },
      ],
    });
  });

  test('a file that is not there, or is none, is a fault of the command line', async () => {
    expect(await vigie('lint', join(dir, 'none.yaml'))).toMatchObject({ status: 2, stdout: '' });
    expect(await vigie('lint', dir)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('it is no regular file'),
    });
  });

  test('a playbook and its folder have one name', async () => {
    const file = await put('folder/playbook.yaml', text('other', '- {wait: {for: 1s}}'));
    const { status, stdout } = await vigie('lint', file);
    expect(status).toBe(5);
    expect(stdout).toContain(`${file}:3:12: the playbook is called other and its folder folder`);
  });

  test('what a playbook calls is found beside it, then among those that there are', async () => {
    await put('set/inner/playbook.yaml', text('inner', '- {wait: {for: 1s}}'));
    const file = await put(
      'set/outer/playbook.yaml',
      text('outer', '- {playbook: inner}\n- {playbook: nightly-health-report}\n- {playbook: nothing}'),
    );
    const { stdout } = await vigie('lint', file);
    expect(stdout).toContain(`${file}:7:4: there is no playbook nothing that can be read`);
    expect(stdout).not.toContain('there is no playbook inner');
  });

  test('two playbooks that call each other are both told', async () => {
    const one = await put('ring/one/playbook.yaml', text('one', '- {playbook: two}'));
    const two = await put('ring/two/playbook.yaml', text('two', '- {playbook: one}'));
    const { stdout } = await vigie('lint', one, two);
    expect(stdout).toContain('one calls itself: one → two → one');
    expect(stdout).toContain('two calls itself: two → one → two');
  });

  test('a hostile text reaches the terminal as text', async () => {
    const file = await put('d.yaml', text('d', '- {tool: "k8s\\e[2J\\u202e", with: {"\\e]0;x\\a": 1}}'));
    const { status, stdout } = await vigie('lint', file);
    expect(status).toBe(5);
    // oxlint-disable-next-line no-control-regex -- that none came through
    expect(stdout).not.toMatch(/[\u0007\u001b\u202e]/);
  });
});

describe('what there is', () => {
  test('list shows those of Vigie and those of one own, also one with mistakes', async () => {
    const file = await put('playbooks/broken/playbook.yaml', text('broken', '- {tool: k8s_lst}'));
    const { status, stdout } = await vigie('list', '-o', 'json');
    expect(status).toBe(0);
    const listed: { name: string }[] = JSON.parse(stdout)['playbooks'];
    const some = ['broken', 'heal-oom', 'nightly-health-report', 'restart-web', 'rolling-restart'];
    expect(listed.filter(({ name }) => some.includes(name))).toEqual([
      expect.objectContaining({ name: 'broken', origin: 'own', state: '1 mistake' }),
      expect.objectContaining({ name: 'heal-oom', origin: 'shipped', starts: 'alert', state: 'ok' }),
      expect.objectContaining({ name: 'nightly-health-report', starts: 'schedule', state: 'ok' }),
      expect.objectContaining({ name: 'restart-web', origin: 'own', starts: 'a person', state: 'ok' }),
      expect.objectContaining({ name: 'rolling-restart', starts: 'schedule', state: 'ok' }),
    ]);
    await rm(join(file, '..'), { recursive: true });
  });

  test('show -o yaml is a definition that can be checked again', async () => {
    const { stdout } = await vigie('show', 'heal-oom', '-o', 'yaml');
    const file = await put('copy.yaml', stdout);
    expect(await vigie('lint', file)).toMatchObject({ status: 0 });
  });

  test('show of one with mistakes says where the first is', async () => {
    const file = await put('playbooks/broken/playbook.yaml', text('broken', '- {tool: k8s_lst}'));
    expect(await vigie('show', 'broken')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`${file}:5:4: there is no tool k8s_lst`),
    });
    await rm(join(file, '..'), { recursive: true });
  });

  test('graph is Mermaid where nobody looks, and a tree where it is asked for', async () => {
    const flow = await vigie('graph', 'rolling-restart');
    expect(flow.stdout).toBe(
      [
        'flowchart TD',
        '  n0(["rolling-restart"])',
        '  n1(["find: wait at most 1s until k8s_list answers !output.truncated, else: there are more than 20 Deployments: narrow them by labelSelector"])',
        '  n0 --> n1',
        '  n2(["healthy: wait at most 15m until k8s_diagnose answers size(output.notChecked) == 0 #38;#38; output.findings.all(f, f.severity != #34;critical#34;)"])',
        '  n1 --> n2',
        '  n3["report: set labelled"]',
        '  n2 --> n3',
        '  n4{{"restart-all: for each row in steps.find.output.rows"}}',
        '    n5["restart: k8s_rollout"]',
        '    n4 -->|"each"| n5',
        '    n6(["wait 1m"])',
        '    n5 -->|"inputs.pause"| n6',
        '    n6 -.-> n4',
        '    n5 -.->|"else"| n4',
        '  n3 -->|"steps.find.output.total #62; 0"| n4',
        '',
      ].join('\n'),
    );
    const tree = await vigie('graph', 'rolling-restart', '--as', 'tree');
    expect(tree.stdout).toContain('   ├─ restart: k8s_rollout\n   └─ wait 1m  if inputs.pause\n');
  });

  test('schema is what an editor checks by', async () => {
    const { stdout } = await vigie('schema');
    expect(stdout).toBe(await readFile('docs/playbook.schema.json', 'utf8'));
  });
});
