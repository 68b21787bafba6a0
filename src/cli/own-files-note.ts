import { cleanLine } from '../core/text.ts';
import type { AgentDesk, VigieAccount } from '../desk/desk.ts';

/** What to run as the daemon's account, so that its files are meant and not those of whoever types. */
function asTheDaemon({ login, home, userHome, configFile }: VigieAccount, words: readonly string[]): string {
  const become = ['sudo', '-u', login, 'env', `HOME=${userHome}`, `VIGIE_HOME=${home}`];
  const named = configFile === undefined ? [] : ['--config', configFile];
  const command = [...become, 'vigie', ...words, ...named].map(quoted);
  return cleanLine(command.join(' '));
}

/** What to say where a command goes by the files of this account and a daemon has its own. `words`: as they were typed. */
export async function ownFilesNote(desk: AgentDesk, words: readonly string[]): Promise<string> {
  const [command, ...options] = words;
  if (command === 'init' && !options.includes('--harden')) {
    const { file } = await desk.policy();
    return `this writes a vigie.yaml of this account. The daemon of this machine goes by ${file}, which whoever owns that file edits.`;
  }
  return `this is about the files of this account. For those of the daemon of this machine: ${asTheDaemon(await desk.account(), words)}`;
}

/** For a POSIX shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
