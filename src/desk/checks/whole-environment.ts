import type { Environment, Vigie } from '../../pipeline/vigie.ts';
import { scheduleChecks } from './backup-schedules.ts';
import { backupChecks } from './backups.ts';
import { type Check, checksOf } from './check.ts';
import { dataChecks } from './data.ts';
import { environmentChecks } from './environments.ts';
import { othersChecks } from './others.ts';
import { pluginCheck } from './plugin.ts';
import { systemChecks } from './systems.ts';

/** Everything that is looked at of one environment, from the command it logs in with to what others did in it. */
export function wholeEnvironment(
  vigie: Vigie,
  { environment, signal }: { environment: Environment; signal: AbortSignal },
): AsyncIterable<Check> {
  const { name } = environment.view;
  return checksOf(name, async function* () {
    const plugin = await pluginCheck(vigie, environment);
    if (plugin !== undefined) yield plugin;
    if (plugin?.state === 'wrong') return;
    if (environment.view.kind === 'none') yield { area: name, state: 'fine', what: 'it has no cluster' };
    // A cluster that is down says nothing of what lies beside it.
    else yield* checksOf(name, () => environmentChecks(environment, { signal, readOnly: vigie.readOnly }));
    yield* systemChecks(environment, { signal });
    yield* checksOf(name, () => backupChecks(environment, { signal, readOnly: vigie.readOnly }));
    yield* checksOf(name, () => dataChecks(environment, { signal }));
    yield* checksOf(name, () => scheduleChecks(vigie, { environment, signal }));
    yield* othersChecks(vigie, { environment: name, signal });
  });
}
