/** Who a request acts as. */
export interface User {
  name: string;
  groups: readonly string[];
  uid?: string;
  extra?: Record<string, string[]>;
}

/** Whom the sandbox's own token stands for: may do everything. */
export const administrator: User = {
  name: 'sandbox-admin',
  groups: ['system:masters', 'system:authenticated'],
};

/** A service account as a user. */
export function accountUser({ namespace, name }: { namespace: string; name: string }): User {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}
