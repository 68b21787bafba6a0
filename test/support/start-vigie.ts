import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildVigie } from '../../src/app.ts';
import type { JournalPlace } from '../../src/clients/witness/journal.ts';
import { addApprover } from '../../src/config/approvers.ts';
import { loadConfig } from '../../src/config/config.ts';
import { deriveKey, newSalt, type SigningKey } from '../../src/config/signing.ts';
import type { Actor } from '../../src/core/actor.ts';
import { signedText } from '../../src/core/approval.ts';
import type { CallResult } from '../../src/core/result.ts';
import type { Call } from '../../src/pipeline/call.ts';
import { runTool } from '../../src/pipeline/run-tool.ts';
import { reviewTicket, settle } from '../../src/pipeline/settle.ts';
import type { Vigie } from '../../src/pipeline/vigie.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { loadWorld } from '../../src/sandbox/world.ts';
import { patienceWith } from './sandbox-patience.ts';
import { policyStatement } from './sign-statement.ts';
import { storeServer, takeDatabase } from './store-server.ts';

/** A policy as vigie.yaml writes it; the harness fills in the rest. */
export type PolicyText = string;

export const askEverything: PolicyText = '{low: ask, medium: ask, high: ask}';
export const allowEverything: PolicyText = '{low: allow, medium: allow, high: allow}';
/** For more changes of one object than a budget lets go by themselves. */
export const allowAgainAndAgain: PolicyText =
  '{low: allow, medium: allow, high: allow, budget: {automaticPerHour: 1000, perObjectPerDay: 1000}}';

export interface TestVigie {
  vigie: Vigie;
  sandbox: Sandbox;
  /** Holds vigie.yaml, the kubeconfig and, in `data`, the store. */
  dir: string;
  configFile: string;
  env: NodeJS.ProcessEnv;
  call(tool: string, input: unknown, more?: Partial<Call>): Promise<CallResult>;
  /** What `vigie approve` does between the screen and the outcome. */
  approve(id: string, more?: { person?: string; key?: SigningKey }): Promise<CallResult>;
  key: SigningKey;
  /** Statements of another hand in the store, where it is on PostgreSQL; there, what they print. */
  inStore: (statements: string) => string;
  /** Moves Vigie's clock, and nobody else's. */
  passTime(ms: number): void;
  /** Another process's view: the same files, opened again. */
  reopen(): Promise<Vigie>;
  stop(): Promise<void>;
}

export const agent: Actor = { kind: 'agent', name: 'test client', via: 'mcp-stdio', onBehalfOf: 'carol' };

/**
 * A whole Vigie on a sandbox over HTTP, with files of its own, reached by kubeconfig as a real cluster is. alice may
 * approve everything, bob is known and no approver, carol is who the agent works for.
 */
export async function startVigie(
  setup: {
    policy?: PolicyText;
    world?: string;
    more?: string;
    /** The URL of a database that is another's too. Absent: a file, or a new database where this file of tests has a server. */
    store?: string;
    /** What the environment has beside its cluster, and what follows it, as vigie.yaml writes it. */
    sections?: string;
    /** The environment is the whole cluster: every namespace, and what belongs to none. */
    everywhere?: true;
    accept?: false;
    witness?: string;
    journal?: JournalPlace;
    /** Whoever waits for the cluster moves its clock on, and Vigie's with it. */
    hurried?: true;
    /** What the cluster says its version is. */
    serverVersion?: string;
    /** The kubeconfig that Vigie gets; absent: the administrator's. */
    kubeconfig?: (sandbox: Sandbox) => Promise<string>;
  } = {},
): Promise<TestVigie> {
  const dir = mkdtempSync(join(tmpdir(), 'vigie-test-'));
  const world = await loadWorld(setup.world ?? 'test/fixtures/worlds/small.yaml');
  if (setup.serverVersion !== undefined) world.cluster.serverVersion = setup.serverVersion;
  const sandbox = await startSandbox({ world });
  const running = { aheadMs: 0 };
  const advance = sandbox.advance.bind(sandbox);
  // Both clocks go on together: what they differ by is a matter of its own.
  sandbox.advance = async ms => {
    running.aheadMs += ms;
    await advance(ms);
  };
  const kubeconfig = join(dir, 'kubeconfig');
  writeFileSync(kubeconfig, (await setup.kubeconfig?.(sandbox)) ?? sandbox.kubeconfig(), { mode: 0o600 });
  mkdirSync(join(dir, 'config'), { mode: 0o700 });
  const configFile = join(dir, 'config', 'vigie.yaml');
  // Where this file of tests runs on a server, the store and the journal are a new database there.
  const server = setup.store === undefined ? storeServer() : undefined;
  const database = server === undefined ? undefined : takeDatabase(server);
  const storeUrl = setup.store ?? database?.url;
  if (storeUrl !== undefined) writeFileSync(join(dir, 'config', 'store.url'), storeUrl, { mode: 0o600 });
  writeFileSync(
    configFile,
    `people: {alice: {groups: [oncall, leads]}, bob: {groups: [oncall, night]}, carol: {groups: [oncall]}}
witness: ${setup.witness ?? '{journal: false}'}
${storeUrl === undefined ? '' : `store: {postgres: {url: "file:${join(dir, 'config', 'store.url')}"}}\n`}environments:
  test:
    kube: {context: ${contextOf(sandbox)}, kubeconfig: ${kubeconfig}, ${setup.everywhere === undefined ? 'namespaces: [shop, other]' : 'clusterScoped: true'}, insecureSkipTlsVerify: true${setup.more ?? ''}}
    policy: ${setup.policy ?? askEverything}
${setup.sections ?? ''}`,
    { mode: 0o600 },
  );
  const env = { ...process.env, VIGIE_HOME: join(dir, 'data'), VIGIE_CONFIG: configFile, VIGIE_LOG: 'error' };
  const open = () =>
    buildVigie(
      { door: 'cli', configFile },
      {
        version: '0.0.0',
        env,
        self: [],
        now: () => new Date(Date.now() + running.aheadMs),
        ...(setup.hurried === undefined ? {} : { patience: patienceWith(sandbox) }),
        ...(setup.journal === undefined ? {} : { journal: setup.journal }),
      },
    );
  const vigie = await open();
  const config = await loadConfig({ file: configFile, env });
  const key = await cheapKey('alice');
  // Long enough ago to be a second person (fourEyes).
  const since = new Date(Date.now() - 2 * 24 * 3_600_000);
  await addApprover({ file: config.approversFile, person: 'alice', key, via: 'vitest', now: since });
  if (setup.accept !== false) {
    const store = await vigie.store();
    await store.settings.setAcceptedPolicy({
      signed: await policyStatement(vigie, { key }),
      audit: { event: 'policy_accepted', facts: { by: 'alice' } },
    });
  }
  const signal = new AbortController().signal;
  return {
    vigie,
    sandbox,
    dir,
    configFile,
    env,
    key,
    inStore: statements => database?.sql(`set search_path = vigie; ${statements}`) ?? '',
    call: (tool, input, more) =>
      runTool(vigie, { tool, input, actor: agent, signal, budgetBytes: 40_000, ...more }),
    approve: (id, more = {}) =>
      approveIn(vigie, { id, person: more.person ?? 'alice', key: more.key ?? key }),
    passTime: ms => {
      running.aheadMs += ms;
    },
    reopen: open,
    stop: async () => {
      await vigie.close();
      await sandbox.close();
      database?.free();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** What `vigie approve` does between the screen and the outcome. */
export async function approveIn(
  vigie: Vigie,
  { id, person, key }: { id: string; person: string; key: SigningKey },
): Promise<CallResult> {
  const { signal } = new AbortController();
  const review = await reviewTicket(vigie, { id, person, signal });
  if ('result' in review) return review.result;
  const { payload } = review.review;
  const signature = key.sign(signedText('approval', payload));
  return settle(vigie, { id, by: { payload, signature, publicKey: key.publicKey }, signal });
}

/** The change or ticket that a result names. */
export function idOf(result: CallResult): string {
  const { id } = result.data;
  if (typeof id !== 'string') throw new Error(`the result names no change: ${result.text}`);
  return id;
}

/** The key of a person's passphrase; one derivation a person and process, since each takes half a second by design. */
const keys = new Map<string, Promise<SigningKey>>();

export function cheapKey(person: string): Promise<SigningKey> {
  const key =
    keys.get(person) ?? deriveKey({ passphrase: `the long passphrase of ${person}`, salt: newSalt() });
  keys.set(person, key);
  return key;
}

function contextOf(sandbox: Sandbox): string {
  const named = /^current-context: *"?([^"\n]+)"?/m.exec(sandbox.kubeconfig())?.[1];
  if (named === undefined) throw new Error('the sandbox kubeconfig names no current context');
  return named;
}
