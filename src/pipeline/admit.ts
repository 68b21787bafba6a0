import type { Change } from '../core/change.ts';
import { VigieError } from '../core/errors.ts';
import { frozenAt } from '../core/freeze.ts';
import { limits } from '../core/limits.ts';
import type { Denial } from '../core/policy.ts';
import { protectedBy } from '../core/protect.ts';
import { describeRef } from '../core/ref.ts';
import { trusted } from '../core/trusted-text.ts';
import { denyFlood } from './budget-of.ts';
import type { Call } from './call.ts';
import { kindOf } from './changes/index.ts';
import { readKillSwitch } from './kill-switch.ts';
import type { Environment, Vigie } from './vigie.ts';

/** Stage 3: all that can be told of planned changes before the cluster previews them. Undefined: go on. */
export async function admitPlanned(
  vigie: Vigie,
  at: {
    call: Pick<Call, 'actor' | 'schedule'>;
    environment: Environment;
    planned: readonly Change[];
    policyAccepted: boolean;
  },
): Promise<Denial | undefined> {
  const { call, environment, planned, policyAccepted } = at;
  const refused = (await admit(vigie, environment)) ?? admitTargets(environment, planned);
  // What comes round by itself makes no ticket, so that nobody can hold it back by making many.
  if (refused !== undefined || call.schedule !== undefined) return refused;
  return denyFlood(vigie, { environment, onBehalfOf: call.actor.onBehalfOf, policyAccepted });
}

/** What needs no preview: the kill switch and frozen times. Undefined: go on. */
export async function admit(vigie: Vigie, environment: Environment): Promise<Denial | undefined> {
  const killSwitch = await readKillSwitch(vigie);
  if (killSwitch.on)
    return {
      rule: 'kill-switch',
      why: `the kill switch is on since ${killSwitch.at}, set by ${killSwitch.by}${killSwitch.why === '' ? '' : `: ${killSwitch.why}`}`,
    };
  return frozenAt(environment.rules.freeze, vigie.now());
}

/** What can be told from the planned targets alone. @throws VigieError OUT_OF_BOUNDS, INVALID_INPUT */
export function admitTargets(environment: Environment, changes: readonly Change[]): Denial | undefined {
  const { namespaces, name } = environment.view;
  const others = changes.filter(change => kindOf(change).listed === undefined).length;
  if (others > limits.changesPerPlan)
    throw new VigieError(
      'INVALID_INPUT',
      `${others} changes in one call; ${limits.changesPerPlan} is the most that a person can read.`,
      {
        hint: 'Split the input.',
      },
    );
  for (const { target } of changes) {
    if (target.namespace !== undefined && namespaces !== undefined && !namespaces.includes(target.namespace))
      throw new VigieError('OUT_OF_BOUNDS', `${describeRef(target)} lies outside environment ${name}.`, {
        hint: trusted`Its namespaces are ${namespaces}.`,
        details: { allowed: [...namespaces] },
      });
    const denial = protectedBy(environment.rules.protect, { target });
    if (denial !== undefined) return denial;
  }
  return undefined;
}
