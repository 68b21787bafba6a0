import { VigieError } from '../core/errors.ts';
import { nearestNames } from '../core/nearest.ts';
import { trusted } from '../core/trusted-text.ts';
import type { Tool } from '../toolkit/tool.ts';
import { toolFamilies } from './index.ts';

/**
 * The tools of the named families, in the order of the list; without names, of all. readOnly leaves out what changes.
 * INVALID_INPUT: a family does not exist; details: nearest.
 */
export function toolsOf(
  families: readonly string[] | undefined,
  { readOnly }: { readOnly: boolean },
): Tool[] {
  const known = Object.keys(toolFamilies);
  const unknown = families?.find(family => !known.includes(family));
  if (unknown !== undefined) {
    throw new VigieError('INVALID_INPUT', `There is no family of tools named ${unknown}`, {
      hint: trusted`Families are: ${known}.`,
      details: { nearest: nearestNames(unknown, known) },
    });
  }
  return Object.entries(toolFamilies)
    .filter(([family]) => families === undefined || families.includes(family))
    .flatMap(([, tools]) => tools)
    .filter(tool => !readOnly || tool.kind === 'read');
}
