import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeRepository } from './restic-repository.ts';
import { type RealServer, startProgram } from './start-program.ts';

/** A restic repository behind a real REST server. */
export interface ResticServer extends RealServer {
  /** As restic takes it; holds no password. */
  repository: string;
  password: string;
}

/** Serves a new repository by rclone on loopback. */
export async function startResticServer(): Promise<ResticServer> {
  const server = await startProgram('rclone', {
    // It answers plain requests for the configuration of a repository alone: this one is there to be asked for.
    ready: '/ready/config',
    argv: ({ port, dir }) => {
      mkdirSync(join(dir, 'ready'));
      writeFileSync(join(dir, 'ready', 'config'), 'ready');
      return ['serve', 'restic', '--addr', `127.0.0.1:${port}`, dir];
    },
  });
  const { password } = makeRepository(server.dir, 'repo');
  return { ...server, repository: `rest:${server.url}/repo/`, password };
}
