import { accessSync, constants } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';

/** What cron gives a program by itself, on most systems. */
const usualPath = ['/usr/local/bin', '/usr/bin', '/bin'];

/**
 * The line of a crontab that ticks every five minutes, whole: cron starts a program with next to nothing of the environment
 * of whoever wrote it. `self`: the words that this program runs as; `path`: where `programs` are looked for now.
 */
export function crontabLine(of: {
  environment: string;
  self: readonly string[];
  home: string;
  configFile: string | undefined;
  programs: readonly string[];
  path: string;
}): string {
  const { environment, self, home, configFile, programs, path } = of;
  const folders = path.split(delimiter).filter(folder => isAbsolute(folder));
  const found = [...programs, ...self.slice(0, 1)].flatMap(program => {
    if (isAbsolute(program)) return [dirname(program)];
    const folder = folders.find(each => isProgram(join(each, program)));
    return folder === undefined ? [] : [folder];
  });
  const set = [
    `PATH=${[...new Set([...found, ...usualPath])].join(delimiter)}`,
    `VIGIE_HOME=${home}`,
    ...(configFile === undefined ? [] : [`VIGIE_CONFIG=${configFile}`]),
  ];
  const words = [...set, ...self, 'backups', 'tick', '-e', environment].map(shellWord);
  // A percent sign ends the command of a crontab.
  return `*/5 * * * * ${words.join(' ').replaceAll('%', '\\%')}`;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** `NAME=value` stays an assignment where only the value is quoted. */
function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  const [, name = '', value = word] = /^([A-Z_]+=)([\s\S]*)$/.exec(word) ?? [];
  return `${name}'${value.replaceAll("'", `'\\''`)}'`;
}
