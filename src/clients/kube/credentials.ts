import { readFile } from 'node:fs/promises';
import { VigieError } from '../../core/errors.ts';
import type { Proof } from './transport.ts';

/** Where the proof of who we are comes from. */
export interface Credentials {
  proof(): Promise<Proof>;
  /** After a refusal: forgets what is held. False: asking again would give the same. */
  renew(): boolean;
}

/** What never changes: a token, a password, a client certificate, the headers of impersonation. */
export function fixedCredentials(proof: Proof): Credentials {
  return { proof: () => Promise.resolve(proof), renew: () => false };
}

// Tokens that the kubelet projects into a pod are rotated well before they end, at 80 % of an hour.
const tokenFileMs = 60_000;

/** A token in a file that somebody else keeps fresh; read again every minute. @throws VigieError KUBECONFIG */
export function tokenFileCredentials(file: string, rest: Proof): Credentials {
  let held: { token: string; at: number } | undefined;
  return {
    async proof() {
      if (held === undefined || Date.now() - held.at > tokenFileMs) {
        held = { token: await readToken(file), at: Date.now() };
      }
      return withToken(rest, held.token);
    },
    renew() {
      const had = held !== undefined;
      held = undefined;
      return had;
    },
  };
}

async function readToken(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new VigieError('KUBECONFIG', `The token file ${file} cannot be read`, {
      details: { file },
      cause: error,
    });
  }
  const token = text.trim();
  if (token === '')
    throw new VigieError('KUBECONFIG', `The token file ${file} is empty`, { details: { file } });
  return token;
}

export function withToken(rest: Proof, token: string): Proof {
  return { ...rest, headers: { ...rest.headers, authorization: `Bearer ${token}` } };
}
