import { constants } from 'node:fs';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuardedPath } from './guarded-paths.ts';

// What stands between whoever asks and the rest of the machine that a daemon rests on: what starts it, and what a person
// who decides starts when they type a name.

/** Where systemd finds units; the guide names the first. */
const unitFolders = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
];
/** Where a login shell looks for a command on every distribution. */
const commandFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const unit = 'vigie.service';
/** A unit is some lines; more drop-ins than this has none. */
const mostUnitBytes = 64 * 1024;
const mostDropIns = 50;

/** The unit with its drop-ins and what they name, and each place where a command may be found, or made before the right one. */
export async function systemPaths(
  at: { units?: readonly string[]; commands?: readonly string[] } = {},
): Promise<GuardedPath[]> {
  const paths: GuardedPath[] = [];
  for (const folder of at.units ?? unitFolders) {
    const dropIns = join(folder, `${unit}.d`);
    const files = [join(folder, unit), ...(await confFilesIn(dropIns))];
    for (const path of [dropIns, ...files])
      paths.push({ what: "the daemon's unit", path, against: 'writing' });
    for (const file of files) paths.push(...named(await textOf(file)));
  }
  for (const folder of at.commands ?? commandFolders)
    for (const command of ['vigie', 'node'])
      paths.push({
        what: `what a shell starts as ${command}`,
        path: join(folder, command),
        against: 'writing',
      });
  return paths;
}

/** Programs that a unit starts with absolute paths in their words, and files of variables, which may hold secrets. */
function named(text: string): GuardedPath[] {
  return text.split('\n').flatMap((line): GuardedPath[] => {
    const [, key = '', value = ''] = /^\s*(Exec[A-Za-z]+|EnvironmentFile)\s*=(.*)$/.exec(line) ?? [];
    if (key === 'EnvironmentFile') {
      const path = value.trim().replace(/^-/, '');
      return path.startsWith('/')
        ? [{ what: "the variables of the daemon's unit", path, against: 'reading' }]
        : [];
    }
    // `-`, `@`, `:`, `+` and `!` before a program say how systemd starts it.
    const words = value.match(/"[^"]*"|\S+/g) ?? [];
    return words
      .map(word => word.replace(/^[-@:+!]*/, '').replaceAll('"', ''))
      .filter(word => word.startsWith('/'))
      .map(path => ({ what: "what the daemon's unit starts", path, against: 'writing' as const }));
  });
}

async function confFilesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter(name => name.endsWith('.conf'))
    .slice(0, mostDropIns)
    .map(name => join(folder, name));
}

async function textOf(file: string): Promise<string> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const facts = await handle.stat();
    return facts.isFile() && facts.size <= mostUnitBytes ? await handle.readFile('utf8') : '';
  } catch {
    return '';
  } finally {
    await handle?.close();
  }
}
