import { lstat } from 'node:fs/promises';
import { homePaths } from '../../config/separation/home-paths.ts';
import type { Check } from '../../desk/checks/check.ts';

const [groupWrites, everybodyWrites] = [0o020, 0o002];

/**
 * Whether others may change what acts for a person who decides: a daemon cannot see homes that systemd hides from it. A
 * group of that person's own is taken to have nobody else in it. Nothing where the home is not there.
 */
export async function* ownHomeChecks(home: string, area: string): AsyncIterable<Check> {
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  // Windows has neither.
  if (uid === undefined) return;
  const found = await Promise.all(
    homePaths(home).map(async path => {
      const facts = await lstat(path).catch(() => undefined);
      return facts === undefined ? [] : [{ path, facts }];
    }),
  );
  let closed = true;
  for (const { path, facts } of found.flat()) {
    const stranger = facts.uid !== uid && facts.uid !== 0;
    const others = facts.gid === gid ? everybodyWrites : everybodyWrites | groupWrites;
    // The bits of a link itself say nothing.
    if (!stranger && (facts.isSymbolicLink() || (facts.mode & others) === 0)) continue;
    closed = false;
    yield {
      area,
      state: 'wrong',
      what: `others may change ${path}, and so decide as you`,
      todo: stranger ? `As root: chown ${uid} '${path}'` : `chmod go-w '${path}'`,
    };
  }
  if (closed && found.flat().length > 0)
    yield { area, state: 'fine', what: `only you can change what acts for you in ${home}` };
}
