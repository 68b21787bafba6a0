import type { Member } from './judge.ts';
import type { Entry, Hole } from './path-access.ts';

/** What a mending must leave as it is: the daemon's own way to the file. */
interface Mended {
  hole: Hole;
  against: 'reading' | 'writing';
  /** Whose right the hole is. */
  asker: Member;
  daemon: Member;
  /** Absent: the daemon's own where nobody may read, root's where the daemon itself need not write. */
  owner?: 'daemon' | { login: string };
  /** What stands there is itself to be kept, with everything in it. */
  whole: boolean;
  groups: readonly { name: string; gid: number }[];
}

/** The command that closes a hole, and not the daemon out. */
export function mendingOf(mended: Mended): string {
  const { hole, against } = mended;
  const { at, by } = hole;
  const path = quoted(at.path);
  const all = mended.whole && against === 'writing' && at.kind === 'folder' ? '-R ' : '';
  switch (by) {
    case 'owner':
      return `chown ${all}${ownerOf(mended)} ${path}`;
    case 'acl':
      return `See it with getfacl ${path}, and take it away: setfacl -b ${path}`;
    case 'mode':
      return modeMending(mended, { path, all });
  }
}

/** Whatever the daemon only runs or goes by it must not be able to change: then it is root's. */
function ownerOf({ hole, against, owner, daemon }: Mended): string {
  if (typeof owner === 'object' && !isFolderOfSystem(hole.at)) return owner.login;
  const daemons = owner === 'daemon' || against === 'reading';
  return daemons && !isFolderOfSystem(hole.at) ? daemon.login : 'root';
}

function modeMending(
  { hole, against, asker, daemon, groups }: Mended,
  { path, all }: { path: string; all: string },
): string {
  const { at } = hole;
  const bits = against === 'reading' ? 'rwx' : 'w';
  const nameOf = (gid: number | undefined) =>
    groups.find(group => group.gid === gid)?.name ?? String(gid ?? '');
  // Where the daemon owns it, its group is nobody whom it needs.
  if (at.uid === daemon.uid) return `chmod ${all}go-${bits} ${path}`;
  if (daemon.gids.has(at.gid))
    return asker.gids.has(at.gid)
      ? `Take it out of the group that the daemon reads by: gpasswd -d ${asker.login} ${nameOf(at.gid)}`
      : `chmod ${all}o-${bits} ${path}`;
  if (against === 'writing') return `chmod ${all}go-${bits} ${path}`;
  // Everybody's right is the daemon's only one.
  const [primary] = daemon.gids;
  return `chgrp ${nameOf(primary)} ${path} && chmod g=${at.kind === 'folder' ? 'rx' : 'r'},o-rwx ${path}`;
}

/** Near the root of the disk nothing is the daemon's own. */
function isFolderOfSystem({ path }: Entry): boolean {
  return path.split('/').length <= 2;
}

/** For a POSIX shell. */
export function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}
