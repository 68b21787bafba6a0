import { type RealServer, startProgram } from './start-program.ts';

/** A server of S3 that a test starts where its program is installed. */
interface S3Server {
  program: string;
  accessKey: string;
  secretKey: string;
  /** With one bucket. */
  start: (bucket: string) => Promise<RealServer>;
}

/** Two that have nothing in common: moto checks no signature, s3rver each. */
export const s3Servers: readonly S3Server[] = [
  { program: 'moto_server', accessKey: 'key', secretKey: 'secret-of-moto', start: startMoto },
  { program: 's3rver', accessKey: 'S3RVER', secretKey: 'S3RVER', start: startS3rver },
];

/** Starts moto alone. */
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

async function startS3rver(bucket: string): Promise<RealServer> {
  return startProgram('s3rver', {
    ready: `/${bucket}`,
    argv: ({ port, dir }) => [
      '-d',
      dir,
      '-a',
      '127.0.0.1',
      '-p',
      String(port),
      '-s',
      '--configure-bucket',
      bucket,
    ],
  });
}
