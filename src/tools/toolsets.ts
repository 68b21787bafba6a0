import type { Tool } from '../toolkit/tool.ts';
import { ofFamilies } from './families.ts';
import { commandLineTools, flaggedTools, toolFamilies } from './index.ts';

/**
 * The tools of the named families, in the order of the list; without names, of those that are shown where these are
 * configured; without either, of all. readOnly leaves out what changes.
 * commandLine: with those that no client over a protocol is offered. INVALID_INPUT: a family does not exist; details: nearest.
 */
export function toolsOf(
  families: readonly string[] | undefined,
  {
    readOnly,
    commandLine = false,
    configured,
  }: { readOnly: boolean; commandLine?: boolean; configured?: readonly string[] | undefined },
): Tool[] {
  const offered = commandLine ? withCommandLine : toolFamilies;
  return ofFamilies(offered, { families, configured }).filter(tool => !readOnly || tool.kind === 'read');
}

const withCommandLine = Object.fromEntries(
  Object.entries(toolFamilies).map(([family, tools]) => [
    family,
    [...tools, ...(commandLineTools[family] ?? []), ...(flaggedTools[family] ?? [])],
  ]),
);
