import { DirectEndpoint } from '../../../src/http/direct-endpoint.ts';

/** The product's own line to a server of a test, without credentials unless a header is given. */
export function endpointTo(url: string, proof: Readonly<Record<string, string>> = {}): DirectEndpoint {
  return new DirectEndpoint({ url: new URL(url), userAgent: 'vigie-test', proof: async () => proof });
}
