import type { Ref } from '../../core/ref.ts';
import { subdomainFaults } from '../../kubernetes/names.ts';

/** Where the cause lies when an object that is named is not there: with whoever names it, if nothing can have the name. */
export function causeOfLack(missing: Ref, namedBy: Ref): Ref {
  return subdomainFaults(missing.name).length === 0 ? missing : namedBy;
}
