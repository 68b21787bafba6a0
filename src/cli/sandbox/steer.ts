import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { VigieError } from '../../core/errors.ts';
import { systemCode } from '../../core/system-error.ts';
import { controlPath, type SandboxStatus } from '../../sandbox/control.ts';
import { findRunning } from '../../sandbox/daemon.ts';

/** A move of many days plays through all that happens in them. */
const moveMs = 300_000;
const endMs = 10_000;
const pollMs = 50;

/** Where a sandbox listens, with its own token. */
export interface SandboxAddress {
  url: string;
  token: string;
}

const statusSchema = z.object({
  pid: z.int(),
  world: z.string(),
  serverVersion: z.string(),
  since: z.string(),
  now: z.string(),
  movedMs: z.number(),
  counts: z.object({ nodes: z.int(), namespaces: z.int(), pods: z.int(), objects: z.int() }),
});

/** The background sandbox of a home; undefined: none runs. */
export async function findSandbox(home: string): Promise<SandboxAddress | undefined> {
  const found = await findRunning(home);
  return found && { url: found.url, token: found.token };
}

/** The sandbox that a kubeconfig leads to, as `vigie sandbox up --kubeconfig` wrote it. @throws VigieError SANDBOX */
export async function sandboxOf(kubeconfig: string): Promise<SandboxAddress> {
  const text = await readFile(kubeconfig, 'utf8').catch((cause: unknown) => {
    throw new VigieError('SANDBOX', `${kubeconfig} cannot be read (${systemCode(cause) ?? 'unknown'}).`, {
      hint: 'A sandbox removes its kubeconfig when it ends: vigie sandbox up --kubeconfig FILE',
      cause,
    });
  });
  const [, url, token] = /^ {4}server: (http:\/\/127\.0\.0\.1:\d{1,5})\/([\w-]{20,})$/m.exec(text) ?? [];
  if (url !== undefined && token !== undefined) return { url, token };
  throw new VigieError('SANDBOX', `${kubeconfig} is no kubeconfig of a sandbox.`, {
    hint: 'Name the file that was given to: vigie sandbox up --kubeconfig FILE',
  });
}

/** @throws VigieError SANDBOX */
export function askStatus(address: SandboxAddress): Promise<SandboxStatus> {
  return ask(address, { method: 'GET', query: '' });
}

/** Moves the clock of a sandbox, and returns when its controllers have done what that brings. @throws VigieError SANDBOX */
export function advanceSandbox(address: SandboxAddress, ms: number): Promise<SandboxStatus> {
  return ask(address, { method: 'POST', query: `?advanceMs=${ms}` });
}

async function ask(
  { url, token }: SandboxAddress,
  { method, query }: { method: string; query: string },
): Promise<SandboxStatus> {
  try {
    const response = await fetch(`${url}${controlPath}${query}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(moveMs),
    });
    return statusSchema.parse(await response.json());
  } catch (cause) {
    throw new VigieError('SANDBOX', `The sandbox at ${url} does not answer as one of this version does.`, {
      hint: 'One of another version is ended and started anew: vigie sandbox down; one of `vigie sandbox up` with Ctrl-C.',
      cause,
    });
  }
}

/** Ends the background sandbox of a home; false: none ran. @throws VigieError SANDBOX where it does not end */
export async function endSandbox(home: string): Promise<boolean> {
  const found = await findRunning(home);
  if (found === undefined) return false;
  // Its file named the process that answers to its token: no other has that number meanwhile.
  signal(found.pid, 'SIGTERM');
  for (const deadline = Date.now() + endMs; Date.now() < deadline; await sleep(pollMs))
    if (!signal(found.pid, 0)) return true;
  throw new VigieError('SANDBOX', `The sandbox (process ${found.pid}) does not end.`, { retryable: true });
}

/** False: there is no such process. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false;
    throw error;
  }
}
