import type { KubeReader } from '../../clients/kube/reader.ts';
import { type ErrorCode, VigieError } from '../../core/errors.ts';
import { cleanLine } from '../../core/text.ts';
import type { Unread } from '../snapshot.ts';

/** One look at a cluster: where, by whom, and what of it nobody could read. */
export interface Look {
  kube: KubeReader;
  /** Only this namespace, and what belongs to none. */
  namespace?: string;
  /** Those of the environment; undefined: all of the cluster. */
  namespaces: readonly string[] | undefined;
  /** The cluster's own clock. */
  clusterTime(): Date;
  /** Masks what is secret in the lines of one log, in their order; a line is cut later, and half a secret is not known for one. */
  masking(): (text: string) => string;
  unread: Unread[];
}

// An API server encodes lists on few cores: more requests at once gained nothing in measurements.
export const requestsAtOnce = 4;
// A request for each namespace; in a cluster of more than these, one list of everything costs less.
export const mostNamespaces = 800;
const whyChars = 140;

/** Of these the next read would fail as well, and whoever asks can mend them. */
const endsAll: ReadonlySet<ErrorCode> = new Set([
  'CANCELLED',
  'UNAUTHENTICATED',
  'OUT_OF_BOUNDS',
  'KUBECONFIG',
  'CREDENTIAL_PLUGIN',
  'CREDENTIALS_CHANGED',
]);

/** What a read gives, or undefined where it fails: then it is noted as not read. @throws VigieError where no read can succeed */
export async function unlessUnread<Result>(
  look: Look,
  { kind, namespace, read }: { kind: string; namespace?: string; read: () => Promise<Result> },
): Promise<Result | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof VigieError) || endsAll.has(error.code)) throw error;
    noteUnread(look, { kind, ...(namespace === undefined ? {} : { namespace }), why: whyOf(error) });
    return undefined;
  }
}

export function noteUnread(look: Look, unread: Unread): void {
  look.unread.push(unread);
}

export const notAllowed = 'not allowed';

function whyOf(error: VigieError): string {
  return error.code === 'FORBIDDEN' ? notAllowed : cleanLine(error.message, whyChars);
}
