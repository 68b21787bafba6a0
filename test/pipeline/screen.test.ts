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
async function screenOf(manifest: unknown, more: { reason?: string } = {}): Promise<string> {
  running ??= await startVigie();
  const asked = await running.call('k8s_apply', { manifest: JSON.stringify(manifest), ...more });
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
