import { mkdir, open } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { configFolderOf } from '../../config/home.ts';
import { readKubeContexts } from '../../config/kube-contexts.ts';
import { configTemplate } from '../../config/template.ts';
import { refuseWorkingFolder } from '../../config/working-folder.ts';
import { VigieError } from '../../core/errors.ts';
import { connectLines } from '../connect-lines.ts';
import { osUser, type Session } from '../session.ts';
import type { DefineCommand } from './entry.ts';

export const define: DefineCommand = (command, session) => {
  command
    .option('--config <file>', 'Where to write it; default: VIGIE_CONFIG, else the configuration folder.')
    .action((options: { config?: string }) => writeConfig(session, options.config));
};

async function writeConfig(session: Session, named: string | undefined): Promise<void> {
  const { terminal, program } = session;
  const { env } = terminal;
  const variable = env['VIGIE_CONFIG'] || undefined;
  // No file that nobody would read afterwards.
  if (named === undefined && variable !== undefined)
    refuseWorkingFolder({ path: variable, from: 'VIGIE_CONFIG' });
  const chosen = named ?? variable;
  const file = resolve(chosen ?? join(configFolderOf(env), 'vigie.yaml'));
  const { contexts } = await readKubeContexts(env);
  await writeNew(file, configTemplate({ person: osUser(), contexts }));
  const found = contexts.map(context => context.name).join(', ');
  await terminal.write(
    `Wrote ${file}\n` +
      (contexts.length === 0
        ? 'No kube context was found, so its one environment is a simulated shop.\n'
        : `Environments for: ${found}\n`) +
      '\nNext:\n' +
      '  1. Read it: every line says what it does.\n' +
      `  2. vigie approvers add ${osUser()}\n` +
      '  3. vigie policy accept\n' +
      '  4. vigie doctor\n' +
      '\nTo connect an assistant:\n' +
      `${connectLines(program.self, chosen === undefined ? undefined : file)}\n`,
  );
}

/** Never overwrites, and never follows a link that somebody put there. */
async function writeNew(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(text);
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    if (code === 'EEXIST')
      throw new VigieError('ALREADY_EXISTS', `${file} exists, and vigie init never overwrites a file.`, {
        hint: 'Edit it, or name another one: vigie init --config FILE',
        cause: error,
      });
    throw new VigieError('INVALID_CONFIG', `${file} cannot be written (${code}).`, { cause: error });
  }
}
