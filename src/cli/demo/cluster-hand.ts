import { setTimeout as sleep } from 'node:timers/promises';
import { VigieError } from '../../core/errors.ts';
import { advanceSandbox } from '../sandbox/steer.ts';
import type { FaultWrite } from './faults.ts';
import type { Cast } from './stage.ts';

const writeMs = 10_000;
/** So much simulated time goes by at each breath while a change is waited for: a rollout of a minute takes seconds. */
const stepMs = 2_000;
const breathMs = 150;

/** Breaks something past Vigie, as somebody with kubectl would. @throws VigieError SANDBOX */
export async function writePastVigie(
  { url, token }: Cast['sandbox'],
  { method, path, body }: FaultWrite,
): Promise<void> {
  const type = method === 'PATCH' ? 'application/strategic-merge-patch+json' : 'application/json';
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': type },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(writeMs),
  });
  const said = await response.text();
  if (!response.ok) throw new VigieError('SANDBOX', `The fault was not taken: ${said.slice(0, 300)}`);
}

/** Lets the simulated time run ahead until the work is done. */
export async function hurried<T>(sandbox: Cast['sandbox'], work: Promise<T>): Promise<T> {
  const ended = new AbortController();
  const hurry = async () => {
    while (!ended.signal.aborted) {
      await advanceSandbox(sandbox, stepMs);
      await sleep(breathMs);
    }
  };
  const [done] = await Promise.all([work.finally(() => ended.abort()), hurry()]);
  return done;
}
