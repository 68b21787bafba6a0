import { SecretReference } from '../core/secret-reference.ts';
import type { StoreText } from './schema.ts';

/** Where tickets, audit and runs are kept, as vigie.yaml names it. */
export interface StoreConfig {
  /** Absent: files of SQLite in the home. */
  postgres?: { url: SecretReference };
}

/** `fail` names what of it is wrong. */
export function readStore(
  { postgres }: StoreText,
  fail: (path: readonly PropertyKey[], problem: string) => never,
): StoreConfig {
  if (postgres === undefined) return {};
  const url =
    SecretReference.parse(postgres.url) ??
    fail(
      ['postgres', 'url'],
      'must be env:NAME or file:/absolute/path: put the URL there, since it holds a password',
    );
  return { postgres: { url } };
}

/** As the hash of the policy covers it: whoever moves the store moves which approvals count. Undefined: in the home. */
export function storeFacts({ postgres }: StoreConfig): { [key: string]: unknown } | undefined {
  return postgres === undefined ? undefined : { postgres: { url: postgres.url.toString() } };
}
