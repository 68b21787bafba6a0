import { readFileSync } from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Program } from './cli/program.ts';

// Hosts end a stdio server by signal, before Node would write its cache: it is written soon after the start instead.
const cacheAfterMs = 300;

/** Ties the doors together and runs what the command line asks for; resolves with the exit status. `mainUrl` is the main file's own: in the bundle this one lies elsewhere. */
export async function start(mainUrl: string): Promise<number> {
  const timer = setTimeout(() => module.flushCompileCache?.(), cacheAfterMs);
  timer.unref();
  const main = fileURLToPath(mainUrl);
  const version = readVersion(main);
  const self = [process.execPath, main];
  const around = { version, env: process.env, self, now: () => new Date() };
  const program: Program = {
    version,
    self,
    open: async options => {
      const { buildVigie } = await import('./app.ts');
      return buildVigie(options, around);
    },
    openRuns: async (vigie, setup) => {
      const { openRuns } = await import('./runs.ts');
      return openRuns(vigie, setup);
    },
    play: async (order, use) => {
      const { playInSandbox } = await import('./play/play-in-sandbox.ts');
      return playInSandbox(order, { use, version });
    },
    serveStdio: async setup => {
      const { serveStdio } = await import('./server/stdio.ts');
      await serveStdio({ version, ...setup });
    },
    openDaemon: async options => {
      const { openDaemon } = await import('./daemon-door.ts');
      return openDaemon(options, around);
    },
    serveHttp: async (vigie, options) => {
      const { openHttpDoor } = await import('./http-door.ts');
      return openHttpDoor(vigie, options);
    },
  };
  const { runCli } = await import('./cli/program.ts');
  return runCli(process.argv.slice(2), program);
}

function readVersion(main: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(main, '..', '..', 'package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '0.0.0';
}
