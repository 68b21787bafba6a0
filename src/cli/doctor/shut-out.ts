import type { Check } from '../../desk/checks/check.ts';
import { shutOutOf } from '../../desk/wire/find-daemon.ts';

/** Whether a daemon's folders keep this account out, so that everything below is about its own files. */
export async function* shutOutChecks(env: NodeJS.ProcessEnv): AsyncIterable<Check> {
  const shut = await shutOutOf(env);
  if (shut !== undefined)
    yield {
      area: 'daemon',
      state: 'note',
      what: `there is ${shut.what}: what follows is about its own files`,
      todo: shut.todo,
    };
}
