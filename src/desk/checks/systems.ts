import { limits } from '../../core/limits.ts';
import type { SystemName } from '../../core/system-names.ts';
import type { About } from '../../http/about.ts';
import type { Environment } from '../../pipeline/vigie.ts';
import { type Check, checksOf } from './check.ts';

/** A system that has said nothing by then is down as far as a person is concerned. */
const answerMs = 15_000;

/** What an environment has beside its cluster: each is asked who it is, with the credentials that calls use. */
export async function* systemChecks(
  environment: Environment,
  { signal }: { signal: AbortSignal },
): AsyncIterable<Check> {
  const area = environment.view.name;
  const { systems } = await environment.reach(AbortSignal.any([signal, AbortSignal.timeout(answerMs)]));
  for (const name of systems.configured) {
    const checks = checksOf(area, async function* () {
      // Sets and destinations, and data services, are looked at by themselves (backups.ts, data.ts).
      if (name === 'backups' || name === 'data') return;
      const reader = await systems[name]();
      yield* aboutChecks(await reader.about(), { area, name, shown: reader.shown });
    });
    for await (const check of checks) yield check.state === 'wrong' ? namedCheck(check, name) : check;
  }
}

/** What went wrong, by the name that its settings have; no check sends back to itself. */
function namedCheck(check: Check & { state: 'note' | 'wrong' }, name: SystemName): Check {
  const what = check.what.startsWith(`${name}: `) ? check.what : `${name}: ${check.what}`;
  const unreachable = check.what.startsWith('UNREACHABLE: No connection');
  const todo = `See that it runs and listens there, or mend ${name} of ${check.area} in vigie.yaml.`;
  return { ...check, what, todo: unreachable ? todo : check.todo };
}

function* aboutChecks(
  { product, version, time }: About,
  at: { area: string; name: SystemName; shown: string },
): Iterable<Check> {
  const { area, name, shown } = at;
  const release = version === '' ? product : `${product} ${version}`;
  yield { area, state: 'fine', what: `${name}: ${shown} answers (${release})` };
  if (time === undefined) return;
  const seconds = Math.round(Math.abs(Date.now() - time.getTime()) / 1000);
  if (seconds * 1000 <= limits.clockSkewMs) return;
  yield {
    area,
    state: 'wrong',
    what: `${name}: its clock and ours differ by ${seconds} s: times of samples, logs and silences would be guesses`,
    todo: 'Let both machines keep time by NTP.',
  };
}
