import { type RealServer, startProgram } from './start-program.ts';

/** Starts a real VictoriaMetrics that shows samples at once, unless `latencyOffset` says after how long. */
export async function startVictoriaMetrics({
  latencyOffset = '0s',
}: {
  latencyOffset?: string;
} = {}): Promise<RealServer> {
  return startProgram('victoria-metrics', {
    ready: '/health',
    argv: ({ port, dir }) => [
      `-httpListenAddr=127.0.0.1:${port}`,
      `-storageDataPath=${dir}`,
      '-retentionPeriod=10y',
      `-search.latencyOffset=${latencyOffset}`,
      '-search.disableCache',
      '-loggerLevel=ERROR',
    ],
  });
}

/** Puts samples in, as the text exposition with times in milliseconds, and makes them searchable. */
export async function importSamples(server: RealServer, samples: string): Promise<void> {
  for (const [path, body] of [
    ['/api/v1/import/prometheus', samples],
    ['/internal/force_flush', undefined],
  ] as const) {
    const response = await fetch(server.url + path, {
      method: body === undefined ? 'GET' : 'POST',
      ...(body === undefined ? {} : { body }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  }
}
