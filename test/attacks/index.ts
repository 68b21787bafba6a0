import { noToken } from './another-local-user/no-token.ts';
import type { Attack } from './attack.ts';

/** Every attack, by adversary. */
export const attacks: readonly Attack[] = [
  // another local user
  noToken,
];
