import { setTimeout as sleep } from 'node:timers/promises';
import { VigieError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';

const pollMs = 50;

/**
 * Resolves once no program runs that this process started: what is asked next is a passphrase, and a program beside it
 * could be one that a hostile kubeconfig named. A credential plugin is ended at its time limit, so that is how long this
 * waits at most. @throws VigieError CREDENTIAL_PLUGIN
 */
export async function childrenEnded(waitMs: number = limits.credentialPluginMs + pollMs): Promise<void> {
  const deadline = Date.now() + waitMs;
  while (process.getActiveResourcesInfo().includes('ProcessWrap')) {
    if (Date.now() > deadline)
      throw new VigieError(
        'CREDENTIAL_PLUGIN',
        'A program that Vigie started still runs, and no passphrase is asked for beside it.',
        { hint: 'See which: vigie env list. Then run the same command again.', retryable: true },
      );
    await sleep(pollMs);
  }
}
