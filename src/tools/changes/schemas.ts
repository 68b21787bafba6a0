import * as z from 'zod';

/** The id of a change: eight characters, a name and no secret. */
export const changeIdField = z.string().min(1).max(32).describe('Id of the change or ticket.');
