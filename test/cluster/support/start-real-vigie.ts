import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildVigie } from '../../../src/app.ts';
import { addApprover } from '../../../src/config/approvers.ts';
import { signedText } from '../../../src/core/approval.ts';
import type { CallResult } from '../../../src/core/result.ts';
import { runTool } from '../../../src/pipeline/run-tool.ts';
import { reviewTicket, settle } from '../../../src/pipeline/settle.ts';
import type { Vigie } from '../../../src/pipeline/vigie.ts';
import { agent, askEverything, cheapKey } from '../../support/start-vigie.ts';

export interface RealVigie {
  vigie: Vigie;
  /** The kubeconfig that the environment names; a test may write another one over it. */
  kubeconfig: string;
  call(tool: string, input: unknown): Promise<CallResult>;
  /** Signs as alice. */
  approve(id: unknown, as?: Vigie): Promise<CallResult>;
  /** Asks, has alice approve what was asked, and returns how it ended. */
  change(tool: string, input: unknown): Promise<CallResult>;
  /** Another process's view: the same files, opened again. */
  reopen(): Promise<Vigie>;
  stop(): Promise<void>;
}

const secretFile = 'password';
/** What the alias `db-password` of the environment stands for. */
export const secretValue = 'correct-horse-battery-9';

/** A whole Vigie in this process on a cluster known by its kubeconfig's text; every change is asked, alice may approve. */
export async function startRealVigie(setup: {
  kubeconfig: string;
  /** Default: all. */
  namespaces?: readonly string[];
  insecure?: true;
  /** What the environment has beside its cluster, as vigie.yaml writes it. */
  sections?: string;
}): Promise<RealVigie> {
  const dir = mkdtempSync(join(tmpdir(), 'vigie-real-'));
  const kubeconfig = join(dir, 'kubeconfig');
  writeFileSync(kubeconfig, setup.kubeconfig, { mode: 0o600 });
  mkdirSync(join(dir, 'config'), { mode: 0o700 });
  writeFileSync(join(dir, secretFile), secretValue, { mode: 0o600 });
  const configFile = join(dir, 'config', 'vigie.yaml');
  const namespaces = setup.namespaces === undefined ? '' : `, namespaces: [${setup.namespaces.join(', ')}]`;
  const insecure = setup.insecure === undefined ? '' : ', insecureSkipTlsVerify: true';
  writeFileSync(
    configFile,
    `people: {alice: {groups: [oncall]}, carol: {groups: [oncall]}}
environments:
  real:
    kube: {context: real, kubeconfig: ${kubeconfig}, clusterScoped: true${namespaces}${insecure}}
    policy: ${askEverything}
    secrets: {db-password: 'file:${join(dir, secretFile)}'}
${setup.sections ?? ''}`,
    { mode: 0o600 },
  );
  const env = { ...process.env, VIGIE_HOME: join(dir, 'data'), VIGIE_CONFIG: configFile, VIGIE_LOG: 'error' };
  const open = () =>
    buildVigie({ door: 'cli', configFile }, { version: '0.0.0', env, self: [], now: () => new Date() });
  const vigie = await open();
  const key = await cheapKey('alice');
  const approversFile = join(dir, 'config', 'approvers.yaml');
  await addApprover({ file: approversFile, person: 'alice', key, via: 'vitest', now: new Date() });
  const { signal } = new AbortController();
  const call = (tool: string, input: unknown) =>
    runTool(vigie, { tool, input, actor: agent, signal, budgetBytes: 40_000 });
  const approve = async (id: unknown, as = vigie): Promise<CallResult> => {
    const opened = await reviewTicket(as, { id: String(id), person: 'alice', signal });
    if ('result' in opened) return opened.result;
    const { payload } = opened.review;
    const by = { payload, signature: key.sign(signedText('approval', payload)), publicKey: key.publicKey };
    return settle(as, { id: String(id), by, signal });
  };
  return {
    vigie,
    kubeconfig,
    call,
    approve,
    change: async (tool, input) => {
      const asked = await call(tool, input);
      if (asked.status !== 'approval_required')
        throw new Error(`${tool} was not asked: ${asked.status}\n${asked.text}`);
      return approve(asked.data['id']);
    },
    reopen: open,
    stop: async () => {
      await vigie.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
