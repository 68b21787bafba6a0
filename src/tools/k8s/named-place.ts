import type { EnvironmentView } from '../../toolkit/tool.ts';

/**
 * A namespace as the headline of an answer may name it: one that the environment lists, or where something was found. A
 * name that only the caller said would come back masked if it were a known secret, which would answer a guess.
 */
export function namedPlace(
  namespace: string,
  { environment, found }: { environment: EnvironmentView; found: boolean },
): string {
  const known = found || environment.namespaces?.includes(namespace) === true;
  return known ? namespace : 'the namespace that was asked for';
}
