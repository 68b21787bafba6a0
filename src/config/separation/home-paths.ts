import { isAbsolute, join } from 'node:path';

/** What a login shell, ssh or a desktop reads or runs when somebody comes: whoever writes one of these is that person. */
const startFiles = [
  '.ssh',
  '.ssh/authorized_keys',
  '.ssh/rc',
  '.profile',
  '.bash_profile',
  '.bash_login',
  '.bash_aliases',
  '.bashrc',
  '.zshenv',
  '.zprofile',
  '.zshrc',
  '.config',
  '.config/fish',
  '.local/bin',
  'bin',
];

/** A home folder and what in it acts for its owner. */
export function homePaths(home: string): string[] {
  return isAbsolute(home) ? [home, ...startFiles.map(name => join(home, name))] : [];
}
