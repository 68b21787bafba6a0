import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { addApprover, removeApprover } from '../../src/config/approvers.ts';
import type { CallResult } from '../../src/core/result.ts';
import { ownName } from '../../src/pipeline/owner.ts';
import { pluginTrustOf } from '../../src/pipeline/plugin-trust.ts';
import { proveAudit } from '../../src/pipeline/prove-audit.ts';
import { recover } from '../../src/pipeline/recover.ts';
import { reviewTicket } from '../../src/pipeline/settle.ts';
import type { Environment } from '../../src/pipeline/vigie.ts';
import type { AuditRow } from '../../src/store/audit-row.ts';
import { LoginPlugin, recordTrust, trustStatement } from '../support/login-plugin.ts';
import { recordApprovers } from '../support/sign-statement.ts';
import { allowEverything, cheapKey, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';

const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
const signal = new AbortController().signal;
let running: TestVigie;
let plugin: LoginPlugin;

afterEach(() => running.stop());

async function start(setup: Parameters<typeof startVigie>[0] = {}): Promise<void> {
  running = await startVigie(setup);
  plugin = new LoginPlugin(running.dir, running.sandbox);
}

const read = () => running.call('k8s_get', { target: web });
const scale = (replicas: number) => running.call('k8s_scale', { target: web, replicas });

async function trust(): Promise<void> {
  await recordTrust(running.vigie, await trustStatement(running.vigie, { key: running.key }));
}

function environment(): Environment {
  const [only] = running.vigie.environments;
  if (only === undefined) throw new Error('no environment is configured');
  return only;
}

async function rowsOf(event: AuditRow['event']): Promise<AuditRow[]> {
  const { audit } = await running.vigie.store();
  return audit.list({ events: [event], limit: 50 });
}

/** What the cluster was sent that could have changed it. */
function writes(): string[] {
  return running.sandbox
    .requests()
    .filter(({ method, dryRun }) => ['PUT', 'PATCH', 'DELETE'].includes(method) && !dryRun)
    .map(({ path }) => path);
}

/** Leaves a mark that shows whether the changed plugin ran. */
function plantPlugin(): void {
  plugin.write('touch planted');
}

function planted(): boolean {
  return existsSync(join(running.dir, 'planted'));
}

function refusedWith(result: CallResult, why: string): void {
  expect(result.data).toMatchObject({ status: 'failed', code: 'CREDENTIALS_CHANGED' });
  expect(result.text).toContain(why);
  expect(result.text).toContain('vigie env trust test');
}

test('before anybody trusts a plugin reads run it, and a change is refused without running it', async () => {
  await start({ policy: allowEverything });
  refusedWith(await scale(3), 'was never trusted');
  refusedWith(await scale(3), 'was never trusted');
  expect(plugin.runs).toBe(0);
  expect((await read()).status).toBe('answered');
  expect(plugin.runs).toBe(1);
  expect(writes()).toEqual([]);
  expect(await pluginTrustOf(running.vigie, environment())).toMatchObject({ state: 'untrusted' });
  const refusals = await rowsOf('credentials_refused');
  expect(refusals).toMatchObject([
    { environment: 'test', facts: { assurance: 'advisory', fingerprint: expect.any(String) } },
  ]);
});

test('a change goes its whole way once the plugin is trusted, and the audit proves by whom', async () => {
  await start();
  await trust();
  expect(await pluginTrustOf(running.vigie, environment())).toMatchObject({ state: 'trusted', by: 'alice' });
  const id = idOf(await scale(3));
  expect((await running.approve(id)).status).toBe('done');
  expect(writes()).toHaveLength(1);
  expect(await proveAudit(running.vigie)).toMatchObject({ ok: true });
});

test('a plugin that is another than the trusted one is run for nothing, a read included', async () => {
  await start({ policy: allowEverything });
  await trust();
  plantPlugin();
  refusedWith(await read(), 'is not the one that alice trusted');
  refusedWith(await scale(3), 'is not the one that alice trusted');
  expect(planted()).toBe(false);
  expect(await rowsOf('credentials_refused')).toHaveLength(1);
  await trust();
  expect((await read()).status).toBe('answered');
  expect((await scale(3)).status).toBe('done');
  expect(planted()).toBe(true);
});

test('a plugin that was swapped after the proposal is not run in the process of who approves', async () => {
  await start();
  await trust();
  const id = idOf(await scale(3));
  plantPlugin();
  await expect(running.approve(id)).rejects.toMatchObject({ code: 'CREDENTIALS_CHANGED' });
  expect(planted()).toBe(false);
  expect(writes()).toEqual([]);
});

test('while there is no approver a change can be asked for and not be made, by a client that accepts for itself either', async () => {
  await start({ policy: '{low: ask, medium: ask, high: ask, elicitation: true}', accept: false });
  rmSync(join(running.dir, 'config', 'approvers.yaml'));
  expect((await scale(3)).status).toBe('approval_required');
  const answered = await running.call(
    'k8s_scale',
    { target: web, replicas: 4 },
    { elicit: async () => 'accept' },
  );
  expect(answered.data).toMatchObject({ status: 'failed', code: 'CREDENTIALS_CHANGED' });
  expect(answered.text).toContain('vigie approvers add');
  expect(writes()).toEqual([]);
});

test('a change that was asked for before there was an approver is not made through a plugin that nobody trusts', async () => {
  await start({ accept: false });
  rmSync(join(running.dir, 'config', 'approvers.yaml'));
  const id = idOf(await scale(3));
  const file = join(running.dir, 'config', 'approvers.yaml');
  await addApprover({ file, person: 'alice', key: running.key, via: 'vitest', now: new Date() });
  const asked = plugin.runs;
  await expect(reviewTicket(running.vigie, { id, person: 'alice', signal })).rejects.toMatchObject({
    code: 'CREDENTIALS_CHANGED',
  });
  await expect(running.approve(id)).rejects.toMatchObject({ code: 'CREDENTIALS_CHANGED' });
  expect(plugin.runs).toBe(asked);
  expect(writes()).toEqual([]);
});

test.each<[string, () => Promise<void>, string]>([
  [
    'nobody signed',
    async () => {
      const { audit } = await running.vigie.store();
      const facts = { fingerprint: (await environment().plugin())?.fingerprint ?? '' };
      await audit.append({ event: 'env_trusted', environment: 'test', facts });
    },
    'is not signed',
  ],
  [
    'a stranger signed',
    async () => {
      const key = await cheapKey('mallory');
      await recordTrust(running.vigie, await trustStatement(running.vigie, { key, person: 'mallory' }));
    },
    "was never mallory's",
  ],
  [
    'a stranger signed in the name of an approver',
    async () => {
      const key = await cheapKey('mallory');
      await recordTrust(running.vigie, await trustStatement(running.vigie, { key }));
    },
    "was never alice's",
  ],
  [
    'is an earlier one, written once more',
    async () => {
      const first = await trustStatement(running.vigie, { key: running.key });
      await recordTrust(running.vigie, first);
      const { statement, signature, publicKey } = first;
      const { audit } = await running.vigie.store();
      const facts = { statement: { ...statement }, signature, publicKey };
      await audit.append({ event: 'env_trusted', environment: 'test', facts });
    },
    'was signed for another place',
  ],
  [
    'was signed for another environment',
    async () => {
      const signed = await trustStatement(running.vigie, {
        key: running.key,
        environment: 'elsewhere',
        fingerprint: (await environment().plugin())?.fingerprint ?? '',
      });
      const { statement, signature, publicKey } = signed;
      const { audit } = await running.vigie.store();
      const facts = { statement: { ...statement }, signature, publicKey };
      await audit.append({ event: 'env_trusted', environment: 'test', facts });
    },
    'was signed for another environment',
  ],
])('a row of trust that %s frees no plugin and is found by the audit', async (_, forge, why) => {
  await start();
  await forge();
  refusedWith(await read(), why);
  refusedWith(await scale(3), why);
  expect(plugin.runs).toBe(0);
  expect(await proveAudit(running.vigie)).toMatchObject({ ok: false });
});

test('a signature that was overtaken by another is not recorded', async () => {
  await start();
  const late = await trustStatement(running.vigie, { key: running.key });
  await trust();
  await expect(recordTrust(running.vigie, late)).rejects.toMatchObject({ code: 'CONFLICT' });
});

test('when the one who trusted it leaves, reads go on with that very plugin and changes wait for another signature', async () => {
  await start();
  await trust();
  const file = join(running.dir, 'config', 'approvers.yaml');
  const bob = await cheapKey('bob');
  const alice = { person: 'alice', key: running.key };
  await addApprover({ file, person: 'bob', key: bob, by: alice, via: 'vitest', now: new Date() });
  await recordApprovers(running.vigie, { event: 'approver_added', person: 'bob' });
  // Later: a tenure that ends in the same moment would leave open which was first.
  const now = new Date(Date.now() + 3_600_000);
  await removeApprover({ file, person: 'alice', by: { person: 'bob', key: bob }, now });
  await recordApprovers(running.vigie, { event: 'approver_removed', person: 'alice' });
  expect((await read()).status).toBe('answered');
  refusedWith(await scale(3), 'is no approver any more');
  await recordTrust(running.vigie, await trustStatement(running.vigie, { key: bob, person: 'bob' }));
  expect((await scale(3)).status).toBe('approval_required');
});

test('a change whose process died is not looked at through a plugin that is another', async () => {
  await start();
  await trust();
  const id = idOf(await scale(3));
  const { changes } = await running.vigie.store();
  await changes.claim({
    id,
    owner: ownName,
    leaseMs: 1_000,
    approval: { unsigned: 'sandbox', by: 'test' },
    audit: { event: 'approved', changeId: id, facts: {} },
  });
  running.passTime(60_000);
  plantPlugin();
  const elsewhere = await running.reopen();
  expect(await recover(elsewhere, signal)).toMatchObject([
    { id, state: 'executing', evidence: [expect.stringContaining('is not the one that alice trusted')] },
  ]);
  expect(planted()).toBe(false);
  await elsewhere.close();
});
