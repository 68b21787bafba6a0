import * as z from 'zod';

// Fields that several methods share. What they mean is checked where they are used; here only that they are bounded.

export const nothing = z.strictObject({});
/** Of a ticket or a change, as typed. */
export const id = z.string().min(1).max(64);
/** Of a person, an environment or a tool. */
export const name = z.string().min(1).max(128);
/** A person's own words. */
export const words = z.string().max(2_000);
export const hash = z.string().max(64);
/** A key or a signature. */
export const base64 = z.base64().max(128);
export const sequence = z.int().min(0);
