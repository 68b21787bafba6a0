import { readFile, stat, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CliHome } from '../support/command-line.ts';

// The whole program in processes of its own, on a simulated cluster that it starts itself.

/** Nobody listens on port 1. */
const goneCluster = `
apiVersion: v1
kind: Config
clusters: [{name: gone, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: gone, user: {token: none}}]
contexts: [{name: gone, context: {cluster: gone, user: gone}}]
current-context: gone
`;

let home: CliHome;

beforeAll(async () => {
  home = await CliHome.make();
});
afterAll(() => home.remove());

describe('vigie k8s', () => {
  test('lists to stdout what can be piped, and nothing else', async () => {
    const { status, stdout, stderr } = await home.run('k8s', 'list', 'deployments', '-n', 'shop');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [header = '', ...rows] = stdout.trimEnd().split('\n');
    expect(header).toMatch(/^NAME +READY +UP-TO-DATE +AVAILABLE +AGE$/);
    expect(rows.length).toBeGreaterThan(3);
    for (const row of rows) expect(row).toMatch(/^[a-z-]+ +\d+\/\d+ +\d+ +\d+ +\d+[dhms]/);
  });

  test('gives the same as data, all pages in one document', async () => {
    const { stdout } = await home.run('k8s', 'list', 'pods', '-o', 'json');
    const { rows, total, shown, truncated, cursor } = JSON.parse(stdout) as Record<string, unknown>;
    expect(Array.isArray(rows) && rows.length).toBe(total);
    expect({ shown, truncated, cursor }).toEqual({ shown: total, truncated: false, cursor: undefined });
  });

  test('shows an object as a manifest, or as JSON for other programs', async () => {
    const yaml = await home.run('k8s', 'get', 'deploy/cart', '-n', 'shop');
    expect(yaml.stdout).toMatch(/^apiVersion: apps\/v1\nkind: Deployment\n/);
    const json = await home.run('k8s', 'get', 'deploy', 'cart', '-n', 'shop', '-o', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      kind: 'Deployment',
      metadata: { name: 'cart', namespace: 'shop' },
    });
  });

  test('says what is not there on stderr, with the next command, and ends with 1', async () => {
    const { status, stdout, stderr } = await home.run('k8s', 'get', 'deploy/none', '-n', 'shop');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^error: Deployment\/none in shop does not exist\nhint: .*vigie k8s list/);
  });

  test('names the environments when a wrong one is asked for, and ends with 2', async () => {
    const { status, stderr } = await home.run('k8s', 'list', 'pods', '-e', 'prod');
    expect(status).toBe(2);
    expect(stderr).toContain('box');
  });

  test('leaves a change that policy asks about to a person, and ends with 3', async () => {
    const { status, stdout } = await home.run('k8s', 'delete', 'deploy/search', '-n', 'shop');
    expect(status).toBe(3);
    expect(stdout).toMatch(/^approval_required: /);
    const id = /vigie approve (\w{8})/.exec(stdout)?.[1] ?? '';
    const open = await home.run('approvals', '-o', 'json');
    expect(JSON.parse(open.stdout)).toMatchObject({ tickets: [{ id, environment: 'box', risk: 'high' }] });

    const noTerminal = await home.run('approvers', 'add', 'alice');
    expect(noTerminal).toMatchObject({ status: 1, stdout: '' });
    expect(noTerminal.stderr).toContain('this process has no terminal');
    const noName = await home.run('approvers', 'add', 'al ice');
    expect(noName).toMatchObject({ status: 2, stderr: expect.stringContaining('letters, digits') });
    const noTicket = await home.run('approve');
    expect(noTicket).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/'id'\nhint: .*vigie approvals/),
    });

    expect(await home.run('reject', id, '--reason', 'not today')).toMatchObject({ status: 0 });
    const record = await home.run('changes', 'get', id, '-o', 'json');
    expect(JSON.parse(record.stdout)).toMatchObject({ id, state: 'rejected' });
    const still = await home.run('k8s', 'get', 'deploy/search', '-n', 'shop');
    expect(still.status).toBe(0);
  });

  test('changes nothing where all is so already, and ends with 0', async () => {
    const { status, stdout } = await home.run('k8s', 'scale', 'deploy/cart', '-n', 'shop', '--replicas', '2');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^nothing_to_do/);
  });
});

describe('a reader that goes away', () => {
  test('is no error: nothing is said, and the shell sees what it sees of other programs', async () => {
    const { status, stdout, stderr } = await home.shell(
      'vigie k8s list pods -o json | head -1; echo "${PIPESTATUS[0]}"; vigie audit export | true',
    );
    expect(status).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^\{\n(0|141)\n$/);
  });
});

describe('logs that are followed', () => {
  test('end with their reader, without a word', async () => {
    const { stdout, stderr } = await home.shell(
      'vigie k8s logs deploy/cart -n shop --follow --tail-lines 2 | head -2; echo "${PIPESTATUS[0]}"',
    );
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^\[cart-.*\n\[cart-.*\n141\n$/);
  });

  test('end with Ctrl-C, as the shell knows it', async () => {
    const child = home.start('k8s', 'logs', 'deploy/cart', '-n', 'shop', '--follow');
    await new Promise(resolve => child.stdout?.once('data', resolve));
    child.stdout?.resume();
    child.kill('SIGINT');
    expect(await new Promise(resolve => child.once('exit', resolve))).toBe(130);
  });
});

describe('the record', () => {
  test('is proven whole, and a head that is in no row is a bad answer', async () => {
    await home.run('kill-switch', 'on', '--reason', 'to have a row');
    const verified = await home.run('audit', 'verify');
    expect(verified.status).toBe(0);
    const head = /head ([0-9a-f]{64})/.exec(verified.stdout)?.[1] ?? '';
    expect(await home.run('audit', 'verify', '--head', head)).toMatchObject({ status: 0 });
    const other = await home.run('audit', 'verify', '--head', 'f'.repeat(64));
    expect(other.status).toBe(5);
    expect(other.stdout).toContain('no row has the expected head');

    const lines = (await home.run('audit', 'export')).stdout.trimEnd().split('\n');
    const rows = lines.map(line => JSON.parse(line) as { sequence: number; previous: string; hash: string });
    expect(rows.map(row => row.sequence)).toEqual(rows.map((_, index) => index + 1));
    for (const [index, row] of rows.entries())
      expect(row.previous).toBe(rows[index - 1]?.hash ?? '0'.repeat(64));
    expect(rows.at(-1)?.hash).toBe(head);
  });

  test('keeps no change going while the kill switch is on', async () => {
    const { status, stdout, stderr } = await home.run(
      'k8s',
      'rollout',
      'restart',
      'deploy/cart',
      '-n',
      'shop',
    );
    expect([1, 4]).toContain(status);
    expect(stdout + stderr).toContain('kill switch');
    const off = await home.run('kill-switch', 'off');
    expect(off.status).toBe(1);
    expect((await home.run('kill-switch')).stdout).toMatch(
      /^The kill switch is on since .*: to have a row\.$/m,
    );
  });
});

describe('vigie doctor', () => {
  test('names what is wrong with what to do, and ends with 5', async () => {
    const { status, stdout } = await home.run('doctor');
    expect(status).toBe(5);
    expect(stdout).toMatch(/✗ no approver: nobody can let a change go\n {6}vigie approvers add \w+/);
    expect(stdout).toContain('assurance: advisory');
    expect(stdout).toMatch(/✓ store and audit are whole/);
    expect(stdout).toMatch(/✓ http:\/\/127\.0\.0\.1:\d+ answers \(v1\.\d+\.\d+.*\)/);
    const { stdout: json } = await home.run('doctor', '-o', 'json');
    const { ok, checks } = JSON.parse(json) as { ok: boolean; checks: { state: string; todo?: string }[] };
    expect(ok).toBe(false);
    for (const check of checks) expect(check.todo !== undefined).toBe(check.state !== 'fine');
  });

  test('sees a key file that others can read', async () => {
    const key = join(home.dir, 'home', 'keys', 'installation.key');
    const { status, stdout } = await home.shell(
      `chmod 644 '${key}'; vigie doctor; s=$?; chmod 600 '${key}'; exit $s`,
    );
    expect(status).toBe(5);
    expect(stdout).toContain(`✗ ${key} is open to others (644)\n      chmod 600 '${key}'`);
  });

  test('says of a cluster that does not answer what to do, and looks at the others', async () => {
    const other = await CliHome.make();
    try {
      const kubeconfig = join(other.dir, 'kubeconfig');
      await writeFile(kubeconfig, goneCluster, { mode: 0o600 });
      const environments = [
        'gone:',
        '    kube: {context: gone, kubeconfig: ' + kubeconfig + '}',
        '  box:',
        '    sandbox: {world: shop}',
      ];
      await writeFile(join(other.dir, 'vigie.yaml'), `environments:\n  ${environments.join('\n')}\n`, {
        mode: 0o600,
      });
      const { status, stdout } = await other.run('doctor');
      expect(status).toBe(5);
      expect(stdout).toMatch(/^gone\n {2}✗ UNREACHABLE: .*127\.0\.0\.1:1.*\n {6}\S/m);
      expect(stdout).toMatch(/^box\n {2}✓ http/m);
    } finally {
      await other.remove();
    }
  });

  test('goes on where the configuration cannot be read, and says so', async () => {
    const { status, stdout } = await home.run('doctor', '--config', join(home.dir, 'none.yaml'));
    expect(status).toBe(5);
    expect(stdout).toMatch(/✗ INVALID_CONFIG/);
  });
});

describe('a vigie.yaml without an environment', () => {
  test('is not sent to vigie init, which would refuse it', async () => {
    const file = join(home.dir, 'empty.yaml');
    await writeFile(file, '', { mode: 0o600 });
    const doctor = await home.run('doctor', '--config', file);
    expect(doctor.stdout).toMatch(
      /names no environment\.\n {6}Name one there: docs\/guides\/configuration\.md/,
    );
    const read = await home.run('k8s', 'list', 'pods', '--config', file);
    expect(read.stderr).toMatch(/hint: Name one under environments in vigie\.yaml/);
  });
});

describe('vigie init', () => {
  test('writes a file that Vigie itself reads, for its owner alone, and never over another', async () => {
    const file = join(home.dir, 'made', 'vigie.yaml');
    const { status, stdout } = await home.run('init', '--config', file);
    expect(status).toBe(0);
    expect(stdout).toContain(`claude mcp add vigie -- ${process.execPath}`);
    for (const step of [`approvers add ${userInfo().username}`, 'policy accept', 'doctor'])
      expect(stdout).toContain(`. vigie ${step} --config ${file}\n`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const listed = await home.run('environments', 'list', '--config', file);
    expect(listed).toMatchObject({ status: 0, stdout: expect.stringContaining('sandbox') });

    const before = await readFile(file, 'utf8');
    const again = await home.run('init', '--config', file);
    expect(again.status).toBe(1);
    expect(again.stderr).toContain('never overwrites');
    expect(await readFile(file, 'utf8')).toBe(before);
  });
});

describe('vigie tokens add', () => {
  test('makes no token for what is not there, and names the nearest', async () => {
    const place = await home.run('tokens', 'add', 'ci', '--environments', 'bxo');
    expect(place).toMatchObject({ status: 2, stdout: '' });
    expect(place.stderr).toMatch(/There is no environment bxo\.\nhint: Did you mean box\?/);
    const family = await home.run('tokens', 'add', 'ci', '--toolsets', 'k8ss');
    expect(family).toMatchObject({ status: 2, stdout: '' });
    expect(family.stderr).toMatch(/no family of tools named k8ss\nhint: Did you mean k8s\?/);
    const both = await home.run('tokens', 'add', 'ci', '--environments', 'box', '--toolsets', 'k8s');
    expect(both).toMatchObject({ status: 0, stdout: expect.stringMatching(/^vigie_/) });
  });
});

describe('vigie serve', () => {
  test('needs to be told on which line', async () => {
    expect(await home.run('serve')).toMatchObject({ status: 2, stdout: '' });
    expect(await home.run('serve', '--http', 'nowhere')).toMatchObject({ status: 2 });
  });
});
