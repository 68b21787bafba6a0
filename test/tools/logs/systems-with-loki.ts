import { LokiReader } from '../../../src/clients/loki/reader.ts';
import { DirectEndpoint } from '../../../src/http/direct-endpoint.ts';
import type { Systems } from '../../../src/toolkit/systems.ts';
import type { FakeLoki } from '../../support/fake-loki.ts';
import { noSystems } from '../../support/no-systems.ts';

/** The systems of an environment that has a Loki, and no other. */
export function systemsWith(loki: FakeLoki): Systems {
  const endpoint = new DirectEndpoint({
    url: new URL(loki.url),
    userAgent: 'vigie-test',
    proof: async () => ({}),
  });
  const { signal } = new AbortController();
  return {
    ...noSystems(),
    configured: new Set(['loki']),
    loki: async () => new LokiReader(endpoint, { signal }),
  };
}

const inMillisecond = 1_000_000n;

/** Nanoseconds since 1970 of a time so many seconds ago. */
export function ago(seconds: number): bigint {
  return (BigInt(Date.now()) - BigInt(Math.round(seconds * 1_000))) * inMillisecond;
}
