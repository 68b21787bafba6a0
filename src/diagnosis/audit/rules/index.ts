import type { Rule } from '../rule.ts';
import { accessRules } from './access.ts';
import { accountRules } from './accounts.ts';
import { availabilityRules } from './availability.ts';
import { bindingRules } from './bindings.ts';
import { exceptionRules } from './exceptions.ts';
import { imageRules } from './images.ts';
import { networkRules } from './network.ts';
import { nodeRules } from './nodes.ts';
import { privilegeRules } from './privileges.ts';
import { probeRules } from './probes.ts';
import { resourceRules } from './resources.ts';
import { rootRules } from './root.ts';
import { secretRules } from './secrets.ts';
import { validityRules } from './validity.ts';
import { versionRules } from './versions.ts';

export const rules: readonly Rule[] = [
  ...validityRules,
  ...versionRules,
  ...secretRules,
  ...privilegeRules,
  ...rootRules,
  ...accessRules,
  ...bindingRules,
  ...accountRules,
  ...imageRules,
  ...resourceRules,
  ...probeRules,
  ...availabilityRules,
  ...networkRules,
  ...nodeRules,
  ...exceptionRules,
];
