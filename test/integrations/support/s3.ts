import { type RealServer, startProgram } from './start-program.ts';

/** Starts a real moto, which speaks S3 and checks no signature, with one bucket. */
export async function startMoto(bucket: string): Promise<RealServer> {
  const server = await startProgram('moto_server', {
    ready: '/moto-api/',
    argv: ({ port }) => ['-H', '127.0.0.1', '-p', String(port)],
  });
  const response = await fetch(`${server.url}/${bucket}`, { method: 'PUT' });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`moto made no bucket: ${response.status}`);
  return server;
}
