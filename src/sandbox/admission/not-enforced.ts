import type { AdmissionPlugin } from './plugin.ts';

const kept = new Set([
  'ValidatingAdmissionPolicy',
  'MutatingAdmissionPolicy',
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
]);

/** Says of the rules that others bring that they are kept here and nothing more. */
export const notEnforced: AdmissionPlugin = {
  check({ resource, live, warn }) {
    if (live === undefined && kept.has(resource.kind))
      warn(`the sandbox stores a ${resource.kind} but does not enforce it`);
    return undefined;
  },
};
