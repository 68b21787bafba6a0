import { allKinds } from './schema.ts';

let kindByName: ReadonlyMap<string, string> | undefined;

/**
 * One spelling for all that people type for a built-in kind (`Deployment`, `deploy`, `deployments.apps`), in lower case.
 * A custom kind keeps its own, without its group: only the cluster knows what else it is called.
 */
export function plainKind(typed: string): string {
  kindByName ??= namesOfKinds();
  const [name = ''] = typed.toLowerCase().split('.');
  return kindByName.get(name) ?? name;
}

/** A full name wins over a short one, as it does where a kind is looked up in a cluster. */
function namesOfKinds(): Map<string, string> {
  const kinds = allKinds().map(info => ({ ...info, plain: info.kind.toLowerCase() }));
  const short = kinds.flatMap(({ plain, shortNames }) => shortNames.map(name => [name, plain] as const));
  const full = kinds.flatMap(({ plain, plural, singular }) =>
    [plain, plural, singular].map(name => [name, plain] as const),
  );
  return new Map([...short, ...full]);
}
