import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  isObject,
  type JsonObject,
  listOf,
  memberOf,
  objectsIn,
  textIn,
  textOf,
} from '../../src/core/json.ts';
import { CliHome } from '../support/command-line.ts';

const web = `# the shop
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: shop/web
          imagePulPolicy: Always
          env: [{name: DB_PASSWORD, value: hunter2hunter2}]
          securityContext: {privileged: true}
`;
const plain = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec: {rules: [{host: shop.example}]}
`;

function folder(files: Record<string, string>): string {
  const made = mkdtempSync(join(tmpdir(), 'vigie-lint-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(made, path, '..'), { recursive: true });
    writeFileSync(join(made, path), text);
  }
  return made;
}

let home: CliHome;
beforeAll(async () => {
  home = await CliHome.make({ world: 'shop' });
});
afterAll(() => home.remove());

describe('vigie manifests lint', () => {
  test('names file and line of each fault, and exits with 5 only where that is asked and something so grave is found', async () => {
    const files = folder({ 'a/web.yaml': web, 'b/ingress.yaml': plain });
    const { status, stdout } = await home.run('manifests', 'lint', files);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^manifests: \d+ high, /);
    expect(stdout).toContain(`${files}/a/web.yaml:14 Deployment/web in shop`);
    expect(stdout).toContain('is no field of the API; imagePullPolicy is one');
    expect(stdout).toContain(`${files}/b/ingress.yaml:4 Ingress/web in shop`);
    expect(stdout).not.toContain('hunter2');
    const failing = await home.run('manifests', 'lint', files, '--fail-on', 'high');
    expect(failing.status).toBe(5);
    const mild = await home.run('manifests', 'lint', join(files, 'b'), '--fail-on', 'high');
    expect(mild.status).toBe(0);
    const low = await home.run('manifests', 'lint', join(files, 'b'), '--fail-on', 'low');
    expect(low.status).toBe(5);
  });

  test('of one rule shows every place with its patch', async () => {
    const files = folder({ 'web.yaml': web });
    const { stdout } = await home.run('manifests', 'lint', files, '--rule', 'privileged');
    expect(stdout).toContain('"securityContext":{"privileged":false}');
    expect(stdout).not.toContain('image-untagged');
    const { status, stderr } = await home.run('manifests', 'lint', files, '--rule', 'privilegd');
    expect(status).toBe(2);
    expect(stderr).toContain('Did you mean privileged?');
  });

  test('reads a dash as standard input, and says in which file a text is none', async () => {
    const files = folder({ 'ok.yaml': plain, 'zz.yaml': 'kind: Pod\nmetadata: {name: a}\n' });
    const { status, stderr } = await home.run('manifests', 'lint', files);
    expect(status).toBe(1);
    expect(stderr).toContain('zz.yaml: The document at line 1 has no apiVersion');
  });

  test('without a manifest says what it takes', async () => {
    const { status, stderr } = await home.run('manifests', 'lint');
    expect(status).toBe(2);
    expect(stderr).toContain('needs a file, a folder, or - for standard input');
  });

  test('judges for the version that is named', async () => {
    const files = folder({
      'cron.yaml':
        'apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: a}\nspec: {schedule: "@daily", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: "a:1"}]}}}}}\n',
    });
    const gone = await home.run('manifests', 'lint', files, '--target-version', '1.25', '--fail-on', 'high');
    expect(gone.status).toBe(5);
    expect(gone.stdout).toContain('batch/v1beta1 of CronJob is not served by 1.25');
    const served = await home.run(
      'manifests',
      'lint',
      files,
      '--target-version',
      '1.24',
      '--rule',
      'api-removed',
    );
    expect(served.stdout).toContain('batch/v1beta1 of CronJob goes after 1.24');
    const wrong = await home.run('manifests', 'lint', files, '--target-version', 'new');
    expect(wrong.status).toBe(2);
  });

  test('writes SARIF 2.1.0 with what the specification demands, and the same fingerprint when lines come in above', async () => {
    const files = folder({ 'web <&>.yaml': web });
    const { stdout } = await home.run('manifests', 'lint', files, '--format', 'sarif');
    const log: unknown = JSON.parse(stdout);
    expect(faultsOf(log)).toEqual([]);
    const results = resultsOf(log);
    const field = results.find(({ ruleId }) => ruleId === 'schema');
    expect(field?.['locations']).toMatchObject([
      {
        physicalLocation: {
          artifactLocation: { uri: expect.stringMatching(/^file:.*web%20.*\.yaml$/) },
          region: { startLine: 14 },
        },
      },
    ]);
    expect(stdout).not.toContain('hunter2');
    const moved = folder({ 'web.yaml': `# one\n# more\n${web}` });
    const again = resultsOf(
      JSON.parse((await home.run('manifests', 'lint', moved, '--format', 'sarif')).stdout),
    );
    const prints = (each: JsonObject[]) =>
      each.map(({ partialFingerprints }) => JSON.stringify(partialFingerprints));
    expect(prints(again)).toEqual(prints(results));
    expect(new Set(prints(results)).size).toBe(results.length);
  });

  test('writes JUnit XML that a parser takes, whatever names hold', async () => {
    const hostile = plain.replaceAll('web', '"a<b>&\\u0001 ]]>"');
    const files = folder({ "x '&.yaml": hostile });
    const { stdout } = await home.run('manifests', 'lint', files, '--format', 'junit');
    expect(stdout).toMatch(
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites name="vigie" tests="\d+" failures="\d+"/,
    );
    expect(stdout).toContain('a&lt;b&gt;&amp;');
    expect(unbalanced(stdout)).toEqual([]);
    const text = stdout.replaceAll(/<[^<>]*>/g, '');
    expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(text).not.toMatch(/[<>]/);
  });
});

describe('vigie k8s audit', () => {
  test('counts the cluster’s own, and shows it where it is named', async () => {
    const { status, stdout } = await home.run('k8s', 'audit');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^box: .* of \d+ objects; \d+ in the cluster's own namespaces/);
    expect(stdout).not.toContain('in kube-system');
    const { stdout: own } = await home.run('k8s', 'audit', '-n', 'kube-system');
    expect(own).toContain('Deployment/coredns in kube-system');
    expect(own).not.toContain('network-policy-missing');
  });

  test('of a namespace tells nothing of others, and reports with objects where there are no files', async () => {
    const { stdout, status } = await home.run(
      'k8s',
      'audit',
      '-n',
      'payments',
      '--format',
      'sarif',
      '--fail-on',
      'medium',
    );
    expect(status).toBe(5);
    const log: unknown = JSON.parse(stdout);
    expect(faultsOf(log)).toEqual([]);
    for (const result of resultsOf(log)) {
      const [location] = listOf(result, 'locations');
      expect(location).not.toHaveProperty('physicalLocation');
      expect(JSON.stringify(location)).toMatch(/ in payments"|"Namespace\/payments"/);
    }
  });

  test('a patch that it gives is taken, and the rule passes', async () => {
    const asked = ['k8s', 'audit', '-n', 'payments', '--rule', 'seccomp', '-o', 'json'];
    const { stdout } = await home.run(...asked);
    const answer = JSON.parse(stdout) as { rules: { places: { object: string; patch: unknown }[] }[] };
    const [place] = answer.rules[0]?.places ?? [];
    expect(place?.object).toBe('Deployment/fraud-check in payments');
    const patch = JSON.stringify(place?.patch);
    const target = 'deployment/fraud-check';
    const { stdout: planned } = await home.run('k8s', 'patch', target, '-n', 'payments', '-p', patch);
    expect(planned).toContain('RuntimeDefault');
  });
});

function resultsOf(log: unknown): JsonObject[] {
  return listOf(objectsIn(isObject(log) ? log['runs'] : undefined)[0], 'results');
}

const levels: unknown[] = ['none', 'note', 'warning', 'error'];

/** What SARIF 2.1.0 demands (sections 3.13, 3.14, 3.18, 3.19, 3.27, 3.28, 3.49) and a log lacks. */
function faultsOf(log: unknown): string[] {
  const faults: string[] = [];
  const need = (holds: boolean, what: string) => {
    if (!holds) faults.push(what);
  };
  const isText = (value: unknown) => typeof value === 'string' && value !== '';
  need(isObject(log) && log['version'] === '2.1.0', 'version');
  const runs = isObject(log) ? objectsIn(log['runs']) : [];
  need(runs.length === 1, 'runs');
  for (const run of runs) {
    const driver = memberOf(memberOf(run, 'tool'), 'driver');
    need(isText(driver?.['name']), 'tool.driver.name');
    const rules = listOf(driver, 'rules');
    need(new Set(rules.map(({ id }) => id)).size === rules.length, 'rules have ids of their own');
    for (const rule of rules) {
      need(isText(rule['id']), 'rule.id');
      need(isText(memberOf(rule, 'shortDescription')?.['text']), 'rule.shortDescription.text');
      need(URL.canParse(textOf(rule, 'helpUri')), 'rule.helpUri');
      need(
        levels.includes(memberOf(rule, 'defaultConfiguration')?.['level']),
        'rule.defaultConfiguration.level',
      );
    }
    need(Array.isArray(run['results']), 'results');
    for (const result of listOf(run, 'results')) {
      need(isText(memberOf(result, 'message')?.['text']), 'result.message.text');
      need(levels.includes(result['level']), 'result.level');
      need(rules[Number(result['ruleIndex'])]?.['id'] === result['ruleId'], 'result.ruleIndex');
      need(Object.values(memberOf(result, 'partialFingerprints') ?? {}).every(isText), 'partialFingerprints');
      for (const location of listOf(result, 'locations')) {
        const physical = memberOf(location, 'physicalLocation');
        if (physical === undefined) continue;
        const uri = memberOf(physical, 'artifactLocation')?.['uri'];
        need(isText(uri) && URL.canParse(textIn(uri), 'file:///'), 'artifactLocation.uri');
        const line = memberOf(physical, 'region')?.['startLine'];
        need(Number.isInteger(line) && Number(line) >= 1, 'region.startLine');
      }
    }
  }
  return faults;
}

/** Elements that are not closed, or closed and not open. */
function unbalanced(xml: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, closing, name = '', , self] of xml.matchAll(
    /<(\/?)([a-z]+)((?:\s+[a-z]+="[^"<]*")*)(\/?)>/g,
  )) {
    if (self === '/') continue;
    if (closing === '') open.push(name);
    else if (open.pop() !== name) wrong.push(name);
  }
  return [...wrong, ...open];
}
