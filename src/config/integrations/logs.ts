import * as z from 'zod';
import { type EndpointConfig, endpointText, readEndpoint } from './endpoint.ts';
import type { Aliases } from './reference.ts';

/** What stands under `logs` of an environment. */
export interface LogsConfig {
  /** Absent: the logs of the cluster's own pods. */
  loki?: EndpointConfig;
}

export const logsSection = z.strictObject({ loki: endpointText });

export function readLogs({ loki }: z.output<typeof logsSection>, at: Aliases): LogsConfig {
  return loki === undefined ? {} : { loki: readEndpoint(loki, { ...at, path: ['logs', 'loki'] }) };
}
