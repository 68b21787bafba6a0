import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { buildVigie } from '../../src/app.ts';
import { addApprover } from '../../src/config/approvers.ts';
import { loadConfig } from '../../src/config/config.ts';
import type { SigningKey } from '../../src/config/signing.ts';
import { signedText } from '../../src/core/approval.ts';
import type { CallResult } from '../../src/core/result.ts';
import type { Call } from '../../src/pipeline/call.ts';
import { runTool } from '../../src/pipeline/run-tool.ts';
import { reviewTicket, settle } from '../../src/pipeline/settle.ts';
import { type TickReport, tick } from '../../src/pipeline/tick.ts';
import type { Vigie } from '../../src/pipeline/vigie.ts';
import { policyStatement } from './sign-statement.ts';
import { agent, askEverything, cheapKey, idOf, type PolicyText } from './start-vigie.ts';

const dayMs = 24 * 3_600_000;
/** How long ago it begins: copies of a time that has not come are none. */
const agoMs = 90 * dayMs;

export const nightly = { cron: '0 3 * * *', timeZone: 'Europe/Paris' };

/** A Vigie without a cluster, whose one set is a small database of SQLite that goes into a folder. */
export interface ScheduledShop {
  vigie: Vigie;
  /** Of the source, the copies and Vigie's own files. */
  place: string;
  configFile: string;
  env: NodeJS.ProcessEnv;
  key: SigningKey;
  call(tool: string, input: unknown, more?: Partial<Call>): Promise<CallResult>;
  approve(id: string): Promise<CallResult>;
  /** Has a schedule of the set approved by alice; answers its change. */
  schedule(input: Record<string, unknown>): Promise<string>;
  tick(more?: { dryRun?: boolean; vigie?: Vigie }): Promise<TickReport>;
  /** Moves Vigie's clock. */
  passDays(days: number): void;
  now(): Date;
  /** Rewrites vigie.yaml; an approver accepts what it says then. */
  edit(change: (text: string) => string, more?: { accept: false }): Promise<void>;
  copies(): Promise<number>;
  /** Another process's view: the same files, opened again. */
  reopen(): Promise<Vigie>;
  stop(): Promise<void>;
}

export async function startScheduledShop(
  setup: { policy?: PolicyText; set?: string; more?: string } = {},
): Promise<ScheduledShop> {
  const place = mkdtempSync(join(tmpdir(), 'vigie-scheduled-'));
  for (const folder of ['disk', 'other', 'config']) mkdirSync(join(place, folder), { mode: 0o700 });
  const live = new Database(join(place, 'live.db'));
  live.exec(
    'CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL); INSERT INTO orders (total) VALUES (1.5)',
  );
  live.close();
  const configFile = join(place, 'config', 'vigie.yaml');
  writeFileSync(
    configFile,
    `people: {alice: {groups: [oncall, leads]}, bob: {groups: [oncall, night]}, carol: {logins: [carol]}}
witness: {journal: false}
environments:
  test:
    policy: ${setup.policy ?? askEverything}
    backups:
      destinations:
        disk: {directory: ${join(place, 'disk')}, media: disk}
        other: {directory: ${join(place, 'other')}, media: disk}
      sets:
        data: {engine: sqlite, path: ${join(place, 'live.db')}, to: [disk]${setup.set ?? ''}}
${setup.more ?? ''}`,
    { mode: 0o600 },
  );
  const env = {
    ...process.env,
    VIGIE_HOME: join(place, 'home'),
    VIGIE_CONFIG: configFile,
    VIGIE_LOG: 'error',
  };
  const clock = { aheadMs: -agoMs };
  const now = () => new Date(Date.now() + clock.aheadMs);
  const open = () => buildVigie({ door: 'cli', configFile }, { version: '0.0.0', env, self: [], now });
  const vigie = await open();
  const config = await loadConfig({ file: configFile, env });
  const key = await cheapKey('alice');
  const since = new Date(now().getTime() - 2 * dayMs);
  await addApprover({ file: config.approversFile, person: 'alice', key, via: 'vitest', now: since });
  const accept = async () => {
    const inForce = await vigie.inForce('read');
    const { settings } = await inForce.store();
    await settings.setAcceptedPolicy({
      signed: await policyStatement(inForce, { key }),
      audit: { event: 'policy_accepted', facts: { by: 'alice' } },
    });
  };
  await accept();
  const { signal } = new AbortController();
  const call: ScheduledShop['call'] = (tool, input, more) =>
    runTool(vigie, { tool, input, actor: agent, signal, budgetBytes: 40_000, ...more });
  const approve = async (id: string) => {
    const review = await reviewTicket(vigie, { id, person: 'alice', signal });
    if ('result' in review) return review.result;
    const { payload } = review.review;
    const signature = key.sign(signedText('approval', payload));
    return settle(vigie, { id, by: { payload, signature, publicKey: key.publicKey }, signal });
  };
  return {
    vigie,
    place,
    configFile,
    env,
    key,
    call,
    approve,
    schedule: async input => {
      const asked = await call('backups_schedule', { set: 'data', ...input });
      if (asked.status !== 'approval_required') throw new Error(asked.text);
      const settled = await approve(idOf(asked));
      if (settled.status !== 'done') throw new Error(settled.text);
      return idOf(asked);
    },
    tick: ({ dryRun = false, vigie: other = vigie } = {}) => tick(other, { dryRun, signal }),
    passDays: days => {
      clock.aheadMs += days * dayMs;
    },
    now,
    edit: async (change, more) => {
      writeFileSync(configFile, change(readFileSync(configFile, 'utf8')));
      if (more?.accept !== false) await accept();
    },
    copies: async () => Number((await call('backups_list', { set: 'data' })).data['total']),
    reopen: open,
    stop: async () => {
      await vigie.close();
      rmSync(place, { recursive: true, force: true });
    },
  };
}
