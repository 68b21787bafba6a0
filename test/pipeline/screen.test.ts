import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { reviewTicket } from '../../src/pipeline/settle.ts';
import { send } from '../support/sandbox-client.ts';
import { idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';

let running: TestVigie | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

/** The screen on which a person decides about a manifest. */
function screenOf(manifest: unknown, more: { reason?: string } = {}): Promise<string> {
  return screenOfCall('k8s_apply', { manifest: JSON.stringify(manifest), ...more });
}

async function screenOfCall(tool: string, input: object): Promise<string> {
  running ??= await startVigie();
  const asked = await running.call(tool, input);
  const signal = new AbortController().signal;
  const review = await reviewTicket(running.vigie, { id: idOf(asked), person: 'alice', signal });
  if (!('review' in review)) throw new Error(review.result.text);
  return review.review.screen;
}

const settings = (data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'new', namespace: 'shop' },
  data,
});

test('characters that a terminal hides are spelled out, so that two values never look alike', async () => {
  const screen = await screenOf(
    settings({ mode: 'fa\u200Bst', name: '\u202Egnp.exe', host: 'pаypal.example' }),
  );
  expect(screen).toContain('fa\\u{200b}st');
  expect(screen).toContain('\\u{202e}gnp.exe');
  expect(screen).toContain('p\\u{430}ypal.example');
  expect(screen).toMatch(/2 characters that a terminal would hide are spelled out/);
});

test('no byte of the screen can move the cursor or pass for another line of it', async () => {
  const screen = await screenOf(settings({ a: '\u001B[2J\u001B[H', b: 'x\rApproval     separated' }), {
    reason: 'fine\nRisk         low: nothing',
  });
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  expect(screen).not.toMatch(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/);
  expect(screen.match(/^Risk /gm)).toHaveLength(1);
  expect(screen.match(/^Approval /gm)).toHaveLength(1);
  expect(screen.trimEnd().split('\n').at(-1)).toMatch(/^The asker's own words: "/);
});

test('nothing that the asker sent hides what a person decides on, and nothing of it outlives the call', async () => {
  const words = [
    'hostNetwork',
    'privileged',
    'securityContext',
    'cluster-boss',
    'approval_required',
    'Deployment',
  ];
  running = await startVigie();
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'cluster-boss' } };
  await send(running.sandbox, {
    method: 'POST',
    path: '/api/v1/namespaces/shop/serviceaccounts',
    body: account,
  });
  const screen = await screenOf({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'shop' },
    spec: {
      hostNetwork: true,
      serviceAccountName: 'cluster-boss',
      containers: [
        {
          name: 'main',
          image: 'shop/web:1',
          env: words.map((value, index) => ({ name: `P${index}_PASSWORD`, value })),
          securityContext: { privileged: true },
        },
      ],
    },
  });
  expect(screen).toMatch(/hostNetwork: true/);
  expect(screen).toMatch(/serviceAccountName: cluster-boss/);
  expect(screen).toMatch(/securityContext:\n\+\s+privileged: true/);
  expect(screen).toContain('Note         [redacted #n]');
  expect(screen).not.toMatch(/P0_PASSWORD\n\+\s+value: hostNetwork/);
  const target = { kind: 'Deployment', name: 'web', namespace: 'shop' };
  const later = await running?.call('k8s_scale', { target, replicas: 9 });
  expect(later?.text).toMatch(/^approval_required: update Deployment\/web in shop: spec.replicas 2 → 9/);
});

test('whoever decides is told of an audit whose rows were edited, and of none that is whole', async () => {
  running = await startVigie();
  expect(await screenOf(settings({ mode: 'fast' }))).not.toContain('the audit');
  const store = new Sqlite(join(running.dir, 'data', 'vigie.db'));
  store.exec(`update audit set facts = '{"onBehalfOf":"nobody"}' where sequence = 1`);
  store.close();
  expect(await screenOf(settings({ mode: 'slow' }))).toMatch(
    /^Note {9}the audit is broken at row 1: row 1 does not fit its hash: it was edited; vigie audit verify$/m,
  );
});

const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
const jobOf = (more: object) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'j', namespace: 'shop' },
  spec: {
    template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'shop/web:1', ...more }] } },
  },
});
const patchOf = (container: object) => ({
  spec: { template: { spec: { containers: [{ name: 'web', ...container }] } } },
});
const runsOf = (screen: string) => screen.split('\n').filter(line => line.startsWith('Runs '));
/** Each looks like a secret by its form or its place, and runs. */
const disguised: [how: string, words: string[]][] = [
  ['a key', ['sh', '-c', '-----BEGIN RSA PRIVATE KEY-----\ntouch /evil\n-----END RSA PRIVATE KEY-----']],
  ['a flag that sounds secret', ['bash', '-c', 'eval "$1"', '--password', 'touch /evil']],
  ['a variable that sounds secret', ['sh', '-c', 'export DB_PASSWORD="x$(touch /evil)"; true']],
  ['an address with a password', ['sh', '-c', 'psql postgres://u:`touch${IFS}/evil`@h/db']],
];

test.each(disguised)(
  'words that run are shown whole, though they are in the form of %s',
  async (_how, words) => {
    const quoted = words.map(word => JSON.stringify(word));
    const ran = (place: string) => (word: string, index: number) =>
      `Runs         ${place} ${index} ${word} (`;
    running = await startVigie();
    const container = { command: words.slice(0, 1), args: words.slice(1) };
    const pointer = '/spec/template/spec/containers/0';
    const patches: [type: string, patch: object][] = [
      ['strategic', patchOf(container)],
      ['merge', patchOf({ image: 'shop/web:1', ...container })],
      [
        'json',
        Object.entries(container).map(([key, value]) => ({ op: 'add', path: `${pointer}/${key}`, value })),
      ],
    ];
    const screens = [
      await screenOfCall('k8s_run_job', { manifest: JSON.stringify(jobOf({ command: words })) }),
      await screenOf(jobOf({ lifecycle: { postStart: { exec: { command: words } } } })),
      ...(await Promise.all(
        patches.map(([type, patch]) =>
          screenOfCall('k8s_patch', { target: web, type, patch: JSON.stringify(patch) }),
        ),
      )),
    ];
    for (const line of quoted.map(ran('c command'))) expect(screens[0]).toContain(line);
    for (const line of quoted.map(ran('c lifecycle postStart exec command')))
      expect(screens[1]).toContain(line);
    for (const screen of screens.slice(2))
      for (const line of [
        ...quoted.slice(0, 1).map(ran('web command')),
        ...quoted.slice(1).map(ran('web args')),
      ])
        expect(screen).toContain(line);
    await running.sandbox.advance(10_000);
    const screen = await screenOfCall('k8s_exec', { pod: 'deploy/web', namespace: 'shop', command: words });
    expect(screen).toContain(`Runs         ${quoted.join(' ')} in container `);
    expect(screen).not.toContain('[redacted');
  },
);

test('of what runs a value that was read from a Secret is masked, and the screen says what that hides', async () => {
  running = await startVigie();
  await running.call('k8s_get', { target: { kind: 'Secret', name: 'db', namespace: 'shop' } });
  const screen = await screenOfCall('k8s_run_job', {
    manifest: JSON.stringify(jobOf({ command: ['login', 'planted-password-1234'] })),
  });
  expect(runsOf(screen).join('\n')).toMatch(/c command 1 "\[redacted #\d+\]" \(Job/);
  expect(screen).not.toContain('planted-password-1234');
  expect(screen).toMatch(
    /^Note {9}\[redacted #n\] of what runs repeats a value that was read from the cluster/m,
  );
});

test('a word that ends as a line of the screen does is still one word', async () => {
  const screen = await screenOf(jobOf({ command: ['rm', '/data (Job/j in shop)', '', 'a\nb', 'a\\u{a}b'] }));
  expect(runsOf(screen).slice(1)).toEqual([
    'Runs         c command 0 "rm" (Job/j in shop)',
    'Runs         c command 1 "/data (Job/j in shop)" (Job/j in shop)',
    'Runs         c command 2 "" (Job/j in shop)',
    'Runs         c command 3 "a\\nb" (Job/j in shop)',
    'Runs         c command 4 "a\\\\u{a}b" (Job/j in shop)',
  ]);
});

test('a container that loses its command is shown to run what its image does', async () => {
  running = await startVigie();
  const path = '/apis/apps/v1/namespaces/shop/deployments/web';
  await send(running.sandbox, {
    method: 'PATCH',
    path,
    headers: { 'content-type': 'application/strategic-merge-patch+json' },
    body: patchOf({ command: ['sleep', '1'] }),
  });
  const screen = await screenOfCall('k8s_patch', {
    target: web,
    patch: JSON.stringify(patchOf({ command: null })),
  });
  expect(runsOf(screen)).toEqual(['Runs         web what its image runs by itself (Deployment/web in shop)']);
});
