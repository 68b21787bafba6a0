import { type FileHandle, open, readFile, rm } from 'node:fs/promises';
import { VigieError } from '../core/errors.ts';
import { systemCode } from '../core/system-error.ts';
import { startSandbox } from './server.ts';
import { loadWorld } from './world.ts';

/**
 * Serves a world until SIGINT or SIGTERM: `vigie sandbox up`. Says when it is ready, and what to type next. A kubeconfig file is
 * made new, never overwritten, and removed again at the end.
 * SANDBOX: the file exists or cannot be made, the port is taken, or there is no such world.
 */
export async function serveSandboxForeground(input: {
  /** A name or a file. */
  world: string;
  /** VIGIE_HOME, where worlds of one's own lie. Absent: none do. */
  home?: string;
  /** Absent or 0: any free port. */
  port?: number;
  kubeconfig?: string;
  say(line: string): void;
}): Promise<void> {
  const { kubeconfig: path } = input;
  const world = await loadWorld(input.world, input.home);
  // Before the server starts, so that a name that is taken is refused first.
  const file = path === undefined ? undefined : await makeFile(path);
  const sandbox = await startSandbox({
    world,
    ...(input.port === undefined ? {} : { port: input.port }),
  }).catch(async (error: unknown) => {
    await file?.close();
    if (path !== undefined) await rm(path, { force: true });
    throw error;
  });
  const text = sandbox.kubeconfig();
  await file?.writeFile(text);
  await file?.close();
  const how = path === undefined ? `--server ${sandbox.url}/${sandbox.token}` : `--kubeconfig ${path}`;
  const ended = untilSignal();
  input.say(`Sandbox ${world.name} is ready at ${sandbox.url}: kubectl ${how} get pods -A`);
  input.say(
    path === undefined
      ? 'Ctrl-C ends it. With --kubeconfig FILE its clock can be moved too: vigie sandbox advance 10m --kubeconfig FILE'
      : `Move its clock: vigie sandbox advance 10m --kubeconfig ${path}. Ctrl-C ends it, and removes that file.`,
  );
  await ended;
  if (path !== undefined && (await readFile(path, 'utf8').catch(() => '')) === text) {
    await rm(path, { force: true });
  }
  await sandbox.close();
}

async function makeFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (cause) {
    const exists = systemCode(cause) === 'EEXIST';
    const why = exists ? 'it exists already' : cause instanceof Error ? cause.message : String(cause);
    throw new VigieError('SANDBOX', `The kubeconfig ${path} cannot be made: ${why}`, {
      hint: 'Name a file that does not exist yet.',
      cause,
    });
  }
}

function untilSignal(): Promise<void> {
  return new Promise(resolve => {
    const end = (): void => {
      process.off('SIGINT', end).off('SIGTERM', end);
      resolve();
    };
    process.once('SIGINT', end).once('SIGTERM', end);
  });
}
