import { lstat, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VigieError } from '../core/errors.ts';
import { systemCode } from '../core/system-error.ts';
import { type Trusted, trusted } from '../core/trusted-text.ts';
import { defaultRunFolder } from '../desk/wire/find-daemon.ts';
import { type SocketKind, socketIn } from '../desk/wire/trusted-socket.ts';

// Who may come to which socket, the folder around it says: its group may enter, nobody else. The administrator makes the
// folders, by hand or by systemd-tmpfiles; the daemon opens none wider, and starts in none that is too wide.

const others = 0o007;
const groupMayWrite = 0o020;
const everybodyMayWrite = 0o002;
const ownerAlone = 0o7777;

/** As the guide names them; an administrator may name others. */
const groups = { agent: 'vigie-agent', approver: 'vigie-approve' } as const;

/** Where the sockets are to lie, once every folder is as it has to be. @throws VigieError DAEMON with the command that mends it */
export async function socketPaths(run: string): Promise<Record<SocketKind, string>> {
  const found = await realpath(run).catch(() => run);
  const isDefault = run === defaultRunFolder;
  await checkFolder(found, {
    forbidden: groupMayWrite | everybodyMayWrite,
    mode: '0755',
    group: 'root',
    isDefault,
  });
  const paths = { agent: socketIn(found, 'agent'), approver: socketIn(found, 'approver') };
  for (const kind of ['agent', 'approver'] as const)
    await checkFolder(dirname(paths[kind]), {
      forbidden: groupMayWrite | others,
      mode: '0750',
      group: groups[kind],
      isDefault,
    });
  return paths;
}

async function checkFolder(
  folder: string,
  wanted: { forbidden: number; mode: string; group: string; isDefault: boolean },
): Promise<void> {
  const ours = process.getuid?.() ?? 0;
  const { mode, group, isDefault } = wanted;
  const refuse = (why: string, hint: Trusted): never => {
    throw new VigieError('DAEMON', `The daemon does not start: ${folder} ${why}.`, {
      hint,
      details: { path: folder, why },
    });
  };
  // Whose it is stays so: the folder may be right, and this process the wrong one.
  const install = (uid: number) => trusted`As root: install -d -o ${uid} -g ${group} -m ${mode} '${folder}'`;
  const facts = await lstat(folder).catch((error: unknown) =>
    systemCode(error) === 'ENOENT'
      ? refuse('is missing', isDefault ? makeDefaultFolders : install(ours))
      : refuse(`cannot be looked at (${systemCode(error)})`, asItsAccount),
  );
  if (facts.uid !== ours && facts.uid !== 0)
    refuse(`belongs to another account (uid ${facts.uid})`, asItsAccount);
  if (!facts.isDirectory()) refuse('is no folder', install(ours));
  if ((facts.mode & wanted.forbidden) !== 0)
    refuse(
      `lets in too many (mode ${(facts.mode & ownerAlone).toString(8)}, at most ${mode})`,
      install(facts.uid),
    );
}

const makeDefaultFolders = trusted`As root, with systemd/vigie.tmpfiles.conf as /etc/tmpfiles.d/vigie.conf (docs/guides/trust.md): systemd-tmpfiles --create`;
const asItsAccount = trusted`The daemon runs as the account that owns it: systemctl start vigie`;
