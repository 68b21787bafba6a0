import { Redactor } from '../../core/redaction.ts';
import { cleanText } from '../../core/text.ts';
import type { Environment, Vigie } from '../../pipeline/vigie.ts';
import { type Check, checksOf } from './check.ts';
import { storeChecks } from './store.ts';
import { wholeEnvironment } from './whole-environment.ts';

const area = 'daemon';
/** More are left to the daemon's own account: each costs some ten requests, and any caller may ask for them. */
const mostEnvironments = 20;
/** Of one environment; a dozen lines for each of three namespaces, and what others did. */
const mostChecks = 100;
/** Of one line: a message with a list of rights in it. */
const mostChars = 2_000;

/**
 * What only the daemon can look at, for whoever calls it: whether it goes by the vigie.yaml that lies there, and whether
 * it reaches its clusters with what it may read. What is a secret is masked as in any answer.
 */
export async function daemonItself(vigie: Vigie, signal: AbortSignal): Promise<Check[]> {
  const environments = vigie.environments.slice(0, mostEnvironments);
  const looked = await Promise.all(
    environments.map(environment => maskedChecks(vigie, { environment, signal })),
  );
  const left = vigie.environments.length - environments.length;
  return [
    ...(await configurationChecks(vigie)),
    ...(await sharedStoreChecks(vigie)),
    ...ageOfLook(vigie),
    ...looked.flat(),
    ...(left === 0
      ? []
      : [
          {
            area,
            state: 'note',
            what: `${left} more environments were not looked at`,
            todo: 'Read from each: vigie k8s list pods -e NAME',
          } satisfies Check,
        ]),
  ];
}

async function configurationChecks(vigie: Vigie): Promise<Check[]> {
  const checks: Check[] = [];
  for await (const check of checksOf(area, async function* () {
    // As a change would: reads go on by what was read last.
    const { file } = await (await vigie.inForce('change')).policy();
    yield { area, state: 'fine', what: `it goes by ${file} as that is now` } satisfies Check;
  }))
    checks.push(
      check.state === 'fine'
        ? check
        : { ...check, what: `it makes no change, and reads by older rules: ${check.what}` },
    );
  return checks;
}

async function sharedStoreChecks(vigie: Vigie): Promise<Check[]> {
  const checks: Check[] = [];
  for await (const check of checksOf('store', () => storeChecks(vigie))) checks.push(check);
  return checks;
}

function ageOfLook(vigie: Vigie): Check[] {
  const at = vigie.lookedAt();
  if (at === undefined) return [];
  const seconds = Math.max(0, Math.round((vigie.now().getTime() - at.getTime()) / 1000));
  return [
    {
      area,
      state: 'fine',
      what: `accounts and files were last looked at ${seconds} s ago; what was mended since shows within a minute`,
    },
  ];
}

async function maskedChecks(
  vigie: Vigie,
  { environment, signal }: { environment: Environment; signal: AbortSignal },
): Promise<Check[]> {
  const end = environment.known.beginCall();
  try {
    const checks: Check[] = [];
    for await (const check of wholeEnvironment(vigie, { environment, signal })) {
      checks.push(check);
      if (checks.length >= mostChecks) break;
    }
    const redactor = new Redactor(environment.known);
    const line = (text: string) => redactor.text(cleanText(redactor.text(text))).slice(0, mostChars);
    return checks.map(check =>
      check.state === 'fine'
        ? { ...check, what: line(check.what) }
        : { ...check, what: line(check.what), todo: line(check.todo) },
    );
  } finally {
    end();
  }
}
