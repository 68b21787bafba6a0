import { SecretReference } from '../../core/secret-reference.ts';

/** Says at which key, and what is wrong there. */
type Fail = (path: readonly PropertyKey[], problem: string) => never;

/** What the sections of an environment may name: the aliases that stand under its secrets. */
export interface Aliases {
  secrets: ReadonlyMap<string, SecretReference>;
  fail: Fail;
}

/** A reference, written out or by its alias. What is neither may be the value itself, and is not quoted. */
export function readReference(
  written: string,
  { path, secrets, fail }: Aliases & { path: readonly PropertyKey[] },
): SecretReference {
  return (
    SecretReference.parse(written) ??
    secrets.get(written) ??
    fail(
      path,
      'must be env:NAME, file:/absolute/path or a name that stands under secrets, never the value itself',
    )
  );
}
