import { VigieError } from '../core/errors.ts';
import { trusted } from '../core/trusted-text.ts';
import { saidIn } from './said.ts';

/** What a status of a system means to whoever asked it; undefined where the request itself is at fault, which its client knows better. */
export function errorFor(
  { status, body }: { status: number; body: Buffer },
  at: { server: string; mayHaveArrived: boolean },
): VigieError | undefined {
  const { server } = at;
  const said = saidIn(body);
  if (status === 401)
    return new VigieError('UNAUTHENTICATED', `${server} did not accept the credentials (401)`, {
      hint: 'Check token, user and password of the endpoint in vigie.yaml; vigie doctor tries them.',
      details: { server },
    });
  if (status === 403)
    return new VigieError(
      'FORBIDDEN',
      withSaid(`${server} does not let these credentials do that (403)`, said),
      {
        hint: 'Give the account of the endpoint in vigie.yaml the right, or name another one there.',
        details: { server, said },
      },
    );
  if (status < 500 && status !== 429) return undefined;
  const busy = status === 429 || (status >= 502 && status <= 504);
  return new VigieError('SERVER_ERROR', withSaid(`${server} failed to answer (${status})`, said), {
    ...(busy ? { hint: trusted`Ask again in a while, or for less.` } : {}),
    details: { server, status, said, ...unknownAfter(at) },
    retryable: busy && !at.mayHaveArrived,
  });
}

function withSaid(message: string, said: string): string {
  return said === '' ? message : `${message}: ${said}`;
}

/** Told where a request that changes something may have done so. */
export function unknownAfter({ mayHaveArrived }: { mayHaveArrived: boolean }): { outcomeUnknown?: true } {
  return mayHaveArrived ? { outcomeUnknown: true } : {};
}
