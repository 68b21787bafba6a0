import type { Controller } from './controller.ts';

/** All controllers of the sandbox, in the order in which one round asks them. */
export const controllers: readonly Controller[] = [];
