import { listingOf, type ToolListing } from '../toolkit/listing.ts';
import { toolFamilies } from './index.ts';

/**
 * Every tool as `tools/list` shows it, by its family. The build runs this module and puts its value, as JSON, in its place
 * (scripts/evaluated.mjs): a server lists its tools without loading them, however many they are. So nothing may go in here
 * that depends on who starts it.
 */
export const listings: Readonly<Record<string, readonly ToolListing[]>> = Object.fromEntries(
  Object.entries(toolFamilies).map(([family, tools]) => [family, tools.map(listingOf)]),
);
