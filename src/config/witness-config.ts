import { SecretReference } from '../core/secret-reference.ts';
import type { WitnessText } from './schema.ts';

/** The witnesses of the audit that vigie.yaml names. */
export interface WitnessConfig {
  /** Absent: yes, where this machine has one. */
  journal?: boolean;
  /** An absolute path. */
  git?: string;
  https?: { url: string; token?: SecretReference; caFile?: string };
}

/** `fail` names what of it is wrong. */
export function readWitness(
  { journal, git, https }: WitnessText,
  fail: (path: readonly PropertyKey[], problem: string) => never,
): WitnessConfig {
  return {
    ...(journal === undefined ? {} : { journal }),
    ...(git === undefined ? {} : { git }),
    ...(https === undefined ? {} : { https: readEndpoint(https, fail) }),
  };
}

function readEndpoint(
  { url, token, ca }: NonNullable<WitnessText['https']>,
  fail: (path: readonly PropertyKey[], problem: string) => never,
): NonNullable<WitnessConfig['https']> {
  const reference = token === undefined ? undefined : SecretReference.parse(token);
  if (token !== undefined && reference === undefined)
    fail(['https', 'token'], 'must be env:NAME or file:/absolute/path, never the value itself');
  return {
    url,
    ...(reference === undefined ? {} : { token: reference }),
    ...(ca === undefined ? {} : { caFile: ca }),
  };
}

/** Root's witnesses are in force whatever the user's file says; it may only add some. */
export function moreWitnesses(file: WitnessConfig, floor: WitnessConfig): WitnessConfig {
  return { ...file, ...floor, ...(file.journal === true ? { journal: true } : {}) };
}

/** As the hash of the policy covers it; undefined where no file says anything, as before there were witnesses. */
export function witnessFacts(witness: WitnessConfig): { [key: string]: unknown } | undefined {
  const { https } = witness;
  if (Object.keys(witness).length === 0) return undefined;
  return {
    ...witness,
    ...(https === undefined ? {} : { https: { ...https, token: https.token?.toString() ?? null } }),
  };
}
