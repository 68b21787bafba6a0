import { VigieError } from '../../core/errors.ts';
import type { Sandbox } from '../../sandbox/server.ts';
import type { PlaybookCase } from './case-schema.ts';
import { type Ask, codesFound } from './codes-found.ts';
import { type FaultNamed, writeToCluster } from './write-to-cluster.ts';

/** What the cluster's own patience makes of a fault: a probe that fails for minutes is one only then. */
const untilSeenMs = [0, 3_000, 60_000, 60_000, 120_000, 300_000, 600_000];

/**
 * Breaks the world of a case, and waits until what it is about is found there: a playbook that heals what was never broken
 * would prove nothing. @throws VigieError SANDBOX
 */
export async function breakWorld(
  { fault = [], expect }: PlaybookCase,
  { sandbox, call, faultNamed }: { sandbox: Sandbox; call: Ask; faultNamed: FaultNamed },
): Promise<void> {
  const writes = typeof fault === 'string' ? [{ fault }] : fault;
  for (const write of writes) await writeToCluster(sandbox, { write, faultNamed });
  await sandbox.settled();
  const wanted = [...expect.healed, ...expect.remains];
  if (wanted.length === 0) return;
  let found = new Set<string>();
  for (const ms of untilSeenMs) {
    await sandbox.advance(ms);
    found = await codesFound(call);
    if (wanted.every(code => found.has(code))) return;
  }
  const missing = wanted.filter(code => !found.has(code));
  const others = found.size === 0 ? 'nothing' : [...found].join(', ');
  throw new VigieError(
    'SANDBOX',
    `Before the run k8s_diagnose finds no ${missing.join(', ')} (it finds ${others}): the fault does not bring it.`,
  );
}
