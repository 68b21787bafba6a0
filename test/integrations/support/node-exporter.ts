import { type RealServer, startProgram } from './start-program.ts';

/** Starts a real node exporter. */
export async function startNodeExporter(): Promise<RealServer> {
  return startProgram('prometheus-node-exporter', {
    ready: '/metrics',
    argv: ({ port }) => [`--web.listen-address=127.0.0.1:${port}`, '--log.level=error'],
  });
}
