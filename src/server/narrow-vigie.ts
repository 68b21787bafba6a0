import type { Vigie } from '../pipeline/vigie.ts';
import { isShown } from '../tools/families.ts';

/** What a caller is limited to. An absent member limits nothing. */
export interface Scope {
  environments?: readonly string[];
  /** Families of tools: `k8s`, `changes` … */
  toolsets?: readonly string[];
  readOnly?: boolean;
  /** Given to a client that named no families, where those that it types commands for are all there. */
  shownAlone?: true;
}

/**
 * The same Vigie with less in it. Everything behind it (lookup, environments, the records of changes) sees only what
 * is left, so that a limit holds in every tool without a tool knowing of it.
 */
export function narrowVigie(vigie: Vigie, scope: Scope): Vigie {
  const { environments, toolsets, readOnly, shownAlone } = scope;
  if (
    Object.values({ environments, toolsets, readOnly, shownAlone }).every(
      limit => limit === undefined || limit === false,
    )
  )
    return vigie;
  const offers = (family: string): boolean =>
    toolsets?.includes(family) ?? (shownAlone !== true || isShown(family, vigie.families));
  return {
    ...vigie,
    inForce: async use => narrowVigie(await vigie.inForce(use), scope),
    ...(environments !== undefined && { narrowed: true }),
    environments: vigie.environments.filter(one => environments?.includes(one.view.name) ?? true),
    tools: vigie.tools.filter(
      tool => offers(familyOf(tool.name)) && (readOnly !== true || tool.kind === 'read'),
    ),
    readOnly: vigie.readOnly || readOnly === true,
  };
}

function familyOf(name: string): string {
  return name.slice(0, name.indexOf('_'));
}
