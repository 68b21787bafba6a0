import * as z from 'zod';

/** As long as a folder's name may be. */
export const playbookField = z.string().min(1).max(63).describe('Name of a playbook.');

/** Eight characters; those that another run called have more. */
export const runField = z.string().min(1).max(64);
