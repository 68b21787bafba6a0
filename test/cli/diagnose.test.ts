import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CliHome } from '../support/command-line.ts';

describe('vigie k8s diagnose', () => {
  let home: CliHome;
  beforeAll(async () => {
    home = await CliHome.make({ world: 'faults' });
  });
  afterAll(() => home.remove());

  const dump = (files: Record<string, string>): string => {
    const folder = mkdtempSync(join(tmpdir(), 'vigie-dump-'));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return folder;
  };

  test('tells causes with fixes as commands that a shell takes, and exits with 5 only where that is asked', async () => {
    const { status, stdout } = await home.run('k8s', 'diagnose', '-n', 'ward');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ward: \d+ critical/);
    expect(stdout).toMatch(/^CRITICAL CONFIG_MAP_MISSING ConfigMap\/flags in ward: /m);
    const fix = /^ {2}fix: (vigie k8s patch deployment\/secret-key .*)$/m.exec(stdout)?.[1];
    const failing = await home.run('k8s', 'diagnose', '-n', 'ward', '--fail-on', 'critical', '-o', 'json');
    expect(failing.status).toBe(5);
    expect(JSON.parse(failing.stdout)).toMatchObject({
      findings: expect.any(Array),
      notes: expect.any(Array),
    });
    // What it would change is shown, whoever may then decide.
    expect(fix).toBeDefined();
    const { stdout: asked } = await home.shell(fix ?? 'false');
    expect(asked).toContain('Deployment/secret-key in ward');
  });

  test('of one object tells what concerns it, its missing Secret among that', async () => {
    const { stdout } = await home.run('k8s', 'diagnose', 'deploy/volume-missing', '-n', 'ward', '-o', 'json');
    const { findings } = JSON.parse(stdout) as { findings: { object: { name: string } }[] };
    expect(findings.map(({ object }) => object.name)).toEqual(['certificate']);
  });

  test('reads a folder of dumped objects and asks no cluster', async () => {
    const folder = dump({
      'shop/deployments.yaml':
        'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: web, image: shop/web:1, envFrom: [{secretRef: {name: gone}}]}]}\n',
      'shop/configmaps.json':
        '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"shop"}}',
      'shop/secrets.json': '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"b","namespace":"shop"}}',
      'broken.json': '{"kind',
    });
    const asked = ['k8s', 'diagnose', '--from', folder, '--fail-on', 'warning', '-o', 'json'];
    const { status, stdout } = await home.run(...asked);
    expect(status).toBe(5);
    const { findings, notChecked } = JSON.parse(stdout) as {
      findings: { code: string; object: { name: string } }[];
      notChecked: string[];
    };
    expect(findings.map(({ code, object }) => `${code} ${object.name}`)).toEqual(['SECRET_MISSING gone']);
    expect(notChecked[0]).toMatch(/^broken\.json: it is no JSON/);
    const text = await home.run('k8s', 'diagnose', '--from', folder);
    expect(text.status).toBe(0);
    expect(text.stdout).toMatch(/^CRITICAL SECRET_MISSING Secret\/gone in shop/m);
    const one = await home.run('k8s', 'diagnose', 'deploy/web', '--from', folder);
    expect(one.stdout).toContain('SECRET_MISSING');
    const none = await home.run('k8s', 'diagnose', 'deploy/nobody', '--from', folder);
    expect(none.status).toBe(1);
    expect(none.stderr).toContain('The files hold no deploy/nobody');
    const nowhere = await home.run('k8s', 'diagnose', '--from', join(folder, 'nowhere'));
    expect(nowhere.stderr).toContain('There is no');
  });

  const broken =
    'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: shop}}\n- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: web, namespace: shop}\n  spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "shop/web:1", envFrom: [{secretRef: {name: gone}}]}]}}}\n';

  test('reads a single file, and says of a folder without objects that nothing was read', async () => {
    const folder = dump({ 'all.yaml': broken, 'empty/notes.md': 'no object', 'odd/a.json': '{"a"' });
    const one = await home.run('k8s', 'diagnose', '--from', join(folder, 'all.yaml'), '--fail-on', 'warning');
    expect(one.stdout).toContain('SECRET_MISSING');
    expect(one.status).toBe(5);
    for (const place of [join(folder, 'empty'), join(folder, 'odd'), join(folder, 'empty', 'notes.md')]) {
      const none = await home.run('k8s', 'diagnose', '--from', place);
      expect(none.stderr).toContain('holds no object of a cluster');
      expect(none.status).toBe(1);
    }
    const elsewhere = await home.run('k8s', 'diagnose', '--from', folder, '-n', 'shpo');
    expect(elsewhere.stderr).toContain('holds no object of namespace shpo');
  });

  test('of files offers no step that asks a cluster, and nothing that only a cluster can be asked', async () => {
    const folder = dump({ 'all.yaml': broken });
    const { stdout } = await home.run('k8s', 'diagnose', '--from', folder);
    expect(stdout).not.toContain('next:');
    const watched = await home.run('k8s', 'diagnose', '--from', folder, '--watch');
    expect(watched.stderr).toContain('--from and --watch exclude each other');
    const elsewhere = await home.run('k8s', 'diagnose', '--from', folder, '-e', 'dev');
    expect(elsewhere.stderr).toContain('--from and --environment exclude each other');
    const unknown = await home.run('k8s', 'diagnose', 'foo/bar', '--from', folder);
    expect(unknown.stderr).toContain('Kinds in them: ConfigMap, Deployment, Namespace.');
    const near = await home.run('k8s', 'diagnose', 'deploy/wbe', '--from', folder);
    expect(near.stderr).toContain('Names in them that are near: web.');
  });

  test('counts notes, and tells them where they are asked for', async () => {
    const budget =
      'apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: idle, namespace: shop}\nspec: {minAvailable: 1, selector: {matchLabels: {app: idle}}}\n';
    const kinds = ['Deployment', 'StatefulSet', 'ReplicaSet'].map(
      kind =>
        `apiVersion: apps/v1\nkind: ${kind}\nmetadata: {name: other, namespace: shop}\nspec: {replicas: 0, selector: {matchLabels: {app: other}}, template: {metadata: {labels: {app: other}}, spec: {containers: [{name: a, image: "a:1"}]}}}\n`,
    );
    const folder = dump({ 'all.yaml': [budget, ...kinds].join('---\n') });
    const counted = await home.run('k8s', 'diagnose', '--from', folder);
    expect(counted.stdout).toContain('notes: BUDGET_MATCHES_NOTHING 1 (--notes tells them)');
    const told = await home.run('k8s', 'diagnose', '--from', folder, '--notes');
    expect(told.stdout).toContain(
      '  BUDGET_MATCHES_NOTHING PodDisruptionBudget/idle in shop: its selector matches no pods',
    );
    expect(told.stdout).not.toContain('--notes');
  });

  test('names the links of a folder that it does not follow', async () => {
    const folder = dump({ 'ns.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n' });
    const links = dump({ 'all.yaml': broken });
    symlinkSync(join(links, 'all.yaml'), join(folder, 'all.yaml'));
    const { stdout } = await home.run('k8s', 'diagnose', '--from', folder);
    expect(stdout).toContain('not checked: all.yaml: links are not followed');
  });
});
