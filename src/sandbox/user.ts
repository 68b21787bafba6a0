/** Who a request acts as. */
export interface User {
  name: string;
  groups: readonly string[];
}

/** Whom the sandbox's own token stands for: may do everything. */
export const administrator: User = {
  name: 'sandbox-admin',
  groups: ['system:masters', 'system:authenticated'],
};
