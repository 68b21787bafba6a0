import { VigieError } from '../core/errors.ts';
import { systemCode } from '../core/system-error.ts';
import { type Trusted, trusted } from '../core/trusted-text.ts';
import { badResponse } from './bad-response.ts';

const certificateCodes =
  /^(?:CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT|ERR_SSL|EPROTO|HOSTNAME_MISMATCH)/;

/**
 * What went wrong below HTTP. `mayHaveArrived`: the request is a write whose bytes may have reached the server, so
 * that details.outcomeUnknown tells the caller to look before anything else.
 */
export function networkError(
  error: unknown,
  at: { server: string; signal: AbortSignal; mayHaveArrived: boolean; certificateHint?: Trusted },
): VigieError {
  const unknown = at.mayHaveArrived ? { outcomeUnknown: true } : {};
  if (at.signal.aborted) {
    return new VigieError('CANCELLED', `The request to ${at.server} was stopped`, { details: unknown });
  }
  if (error instanceof VigieError) {
    if (!at.mayHaveArrived) return error;
    const { code, message, hint, details } = error;
    return new VigieError(code, message, {
      ...(hint === undefined ? {} : { hint }),
      details: { ...details, ...unknown },
      cause: error,
    });
  }
  const code = systemCode(error) ?? '';
  if (code === 'HPE_HEADER_OVERFLOW') return badResponse(at.server, 'its headers are too large', unknown);
  if (code.startsWith('HPE_')) return badResponse(at.server, 'it is not HTTP', unknown);
  if (code.startsWith('Z_')) return badResponse(at.server, 'its compressed body is broken', unknown);
  if (certificateCodes.test(code)) {
    return new VigieError('UNREACHABLE', `The certificate of ${at.server} was not accepted (${code})`, {
      hint:
        at.certificateHint ?? trusted`Name the authority that signed it: ca of the endpoint in vigie.yaml.`,
      details: { server: at.server },
      cause: error,
    });
  }
  const brokeOff = code === 'ECONNRESET' || code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE';
  return new VigieError('UNREACHABLE', `No connection to ${at.server}: ${reasonOf(code)}`, {
    hint: 'Run vigie doctor to check the connection.',
    details: { server: at.server, ...unknown },
    retryable: brokeOff && !at.mayHaveArrived,
    cause: error,
  });
}

/** What went wrong after the head of the answer: the server was there, and the answer is not whole. */
export function readingError(
  error: unknown,
  at: { server: string; signal: AbortSignal; mayHaveArrived: boolean },
): VigieError {
  const found = networkError(error, at);
  if (found.code !== 'UNREACHABLE') return found;
  return new VigieError('BAD_RESPONSE', `The answer of ${at.server} broke off`, {
    details: at.mayHaveArrived ? { outcomeUnknown: true } : {},
    retryable: !at.mayHaveArrived,
    cause: error,
  });
}

function reasonOf(code: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there (ECONNREFUSED)';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `its name cannot be resolved (${code})`;
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ERR_STREAM_PREMATURE_CLOSE':
      return `the connection broke off (${code})`;
    case '':
      return 'the connection failed';
    default:
      return `the connection failed (${code})`;
  }
}
