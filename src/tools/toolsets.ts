import { VigieError } from '../core/errors.ts';
import { nearestNames } from '../core/nearest.ts';
import { trusted } from '../core/trusted-text.ts';
import type { Tool } from '../toolkit/tool.ts';
import { commandLineTools, toolFamilies } from './index.ts';

/**
 * The tools of the named families, in the order of the list; without names, of all. readOnly leaves out what changes.
 * commandLine: with those that no client over a protocol is offered. INVALID_INPUT: a family does not exist; details: nearest.
 */
export function toolsOf(
  families: readonly string[] | undefined,
  { readOnly, commandLine = false }: { readOnly: boolean; commandLine?: boolean },
): Tool[] {
  refuseUnknownFamilies(families ?? []);
  return Object.entries(toolFamilies)
    .filter(([family]) => families === undefined || families.includes(family))
    .flatMap(([family, tools]) => (commandLine ? [...tools, ...(commandLineTools[family] ?? [])] : tools))
    .filter(tool => !readOnly || tool.kind === 'read');
}

/** @throws VigieError INVALID_INPUT: a family does not exist; details: nearest */
export function refuseUnknownFamilies(families: readonly string[]): void {
  const known = Object.keys(toolFamilies);
  const unknown = families.find(family => !known.includes(family));
  if (unknown === undefined) return;
  const nearest = nearestNames(unknown, known);
  throw new VigieError('INVALID_INPUT', `There is no family of tools named ${unknown}`, {
    hint: nearest.length > 0 ? trusted`Did you mean ${nearest}?` : trusted`Families are: ${known}.`,
    details: { nearest },
  });
}
