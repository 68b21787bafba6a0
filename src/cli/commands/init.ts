import { join, resolve } from 'node:path';
import { configFolderOf } from '../../config/home.ts';
import { readKubeContexts } from '../../config/kube-contexts.ts';
import { osUser } from '../../config/os-user.ts';
import { configTemplate } from '../../config/template.ts';
import { refuseWorkingFolder } from '../../config/working-folder.ts';
import { VigieError } from '../../core/errors.ts';
import { trusted } from '../../core/trusted-text.ts';
import { connectLines, shellWord } from '../connect-lines.ts';
import type { HardenOptions } from '../harden/run.ts';
import type { Session } from '../session.ts';
import { writeNew } from '../write-new.ts';
import type { DefineCommand } from './entry.ts';

interface Options extends HardenOptions {
  harden?: boolean;
}

export const define: DefineCommand = (command, session) => {
  command
    .option(
      '--config <file>',
      'Where to write it; default: VIGIE_CONFIG, else the configuration folder. With --harden: vigie.yaml to use.',
    )
    .option('--harden', 'Instead: show the roles, accounts and kubeconfigs that narrow an environment.')
    .option('-e, --environment <name>', 'With --harden: the environment; default: the only one.')
    .option('-o, --output-dir <dir>', 'With --harden: write them there, over nothing.')
    .action(async (options: Options) => {
      await session.noteOwnFiles(options);
      if (options.harden !== true) {
        refuseWithoutHarden(options);
        return writeConfig(session, options.config);
      }
      const { harden } = await import('../harden/run.ts');
      return harden(session, options);
    });
};

/** @throws VigieError INVALID_INPUT */
function refuseWithoutHarden({ environment, outputDir }: Options): void {
  if (environment === undefined && outputDir === undefined) return;
  const option = environment === undefined ? '-o' : '-e';
  throw new VigieError('INVALID_INPUT', `${option} goes with --harden.`, {
    hint: 'To write a vigie.yaml elsewhere: vigie init --config FILE',
  });
}

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
  await writeNew(file, {
    text: configTemplate({ person: osUser(), contexts }),
    hint: trusted`Edit it, or name another one: vigie init --config FILE`,
  });
  // What a variable names, the next command finds by the same variable.
  const withFile = named === undefined ? '' : ` --config ${shellWord(file)}`;
  const found = contexts.map(context => context.name).join(', ');
  await terminal.write(
    `Wrote ${file}\n` +
      (contexts.length === 0
        ? 'No kube context was found, so its one environment is a simulated shop.\n'
        : `Environments for: ${found}\n`) +
      '\nNext:\n' +
      '  1. Read it: every line says what it does.\n' +
      `  2. vigie approvers add ${osUser()}${withFile}\n` +
      `  3. vigie policy accept${withFile}\n` +
      `  4. vigie doctor${withFile}\n` +
      '\nTo connect an assistant:\n' +
      `${connectLines(program.self, chosen === undefined ? undefined : file)}\n`,
  );
}
