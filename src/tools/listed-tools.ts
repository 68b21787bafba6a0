import type { ToolListing } from '../toolkit/listing.ts';
import { ofFamilies } from './families.ts';
import { listings } from './listings.ts';

/** The listings of what `toolsOf` answers for the same arguments, in a build without loading a tool. INVALID_INPUT as there. */
export function listedTools(
  families: readonly string[] | undefined,
  { readOnly, configured }: { readOnly: boolean; configured?: readonly string[] | undefined },
): ToolListing[] {
  return ofFamilies(listings, { families, configured }).filter(
    ({ annotations }) => !readOnly || annotations.readOnlyHint,
  );
}
