import type { Act } from './act.ts';
import { envTrust } from './env-trust.ts';
import { killSwitchOff } from './kill-switch-off.ts';
import { policyAccept } from './policy-accept.ts';

/** Every act that is signed by statement. */
export const acts: readonly Act[] = [killSwitchOff, policyAccept, envTrust];
