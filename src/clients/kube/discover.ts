import type { ApiRequest } from './channel.ts';
import { readGate } from './gates.ts';
import type { ApiPath } from './paths.ts';

/** The request for one document of the server's own description. */
export function discover(
  path: ApiPath,
  more: { accept?: string; etag?: string | undefined } = {},
): ApiRequest {
  return {
    method: 'GET',
    path,
    gate: readGate,
    asked: { verb: 'get', what: path.text },
    ...more,
  };
}
