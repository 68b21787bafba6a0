/**
 * What goes first where there are more tools than clients take: what sets something up once, at leisure, and has a command
 * as well. What is asked for while something is broken stays. A client that needs one of these names its families.
 */
export const leftOutFirst: readonly string[] = [
  'metrics_dashboard',
  'backups_schedule',
  'backups_prune',
  'metrics_rule',
  'manifests_lint',
  'metrics_slo',
];

/** At most so many tools, in their order. */
export function fitting<T extends { name: string }>(tools: readonly T[], most: number): T[] {
  const excess = Math.max(0, tools.length - most);
  const out = new Set(leftOutFirst.filter(name => tools.some(tool => tool.name === name)).slice(0, excess));
  return tools.filter(({ name }) => !out.has(name)).slice(0, most);
}
