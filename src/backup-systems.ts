import { realpath } from 'node:fs/promises';
import { normalize } from 'node:path';
import { markOf, placeOf } from './backup-places.ts';
import type { CopyKeys } from './backups/copy-signature.ts';
import type { KubeSession } from './clients/kube/connection.ts';
import type { BackupsConfig } from './config/integrations/backups.ts';
import type { BackupDestination } from './core/backup-set.ts';
import type { CopyReader, CopyWriter } from './core/copies.ts';
import { hmacHex } from './core/digest.ts';
import { VigieError } from './core/errors.ts';
import type { Keys } from './core/keys.ts';
import type { KnownSecrets } from './core/known-secrets.ts';
import { trusted } from './core/trusted-text.ts';
import { learntSecret, learntSecrets } from './learnt-secrets.ts';
import { runnerAt } from './runners.ts';
import type { BackupSystem, ChangingBackups } from './toolkit/backup-system.ts';

/** What leads to the backups of one environment, for one call. */
interface BackupsLine {
  environment: string;
  backups: BackupsConfig;
  known: KnownSecrets;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** The installation's: what is written is signed by one of them, unless `signing` names another. */
  keys: () => Promise<Keys>;
}

/** What reads backups: clients are opened with their first use. */
export function backupSystem(line: BackupsLine): BackupSystem {
  const { sets, destinations } = line.backups;
  return { sets, destinations, reader: name => ourReader(named(destinations, name), line) };
}

/** What makes and restores them. `opened`: the way into the environment's pods; `session`: another, that a signal ends. */
export function changingBackups(
  line: BackupsLine & { opened: KubeSession; session: (signal: AbortSignal) => Promise<KubeSession> },
): ChangingBackups {
  const { destinations } = line.backups;
  return {
    ...backupSystem(line),
    writer: name => ourWriter(named(destinations, name), line),
    runner: ({ run }) => runnerAt(run, async () => line.opened),
    objects: async ({ name, run }, { kinds, ...more }) => {
      if (run.in !== 'operator') throw new Error(`${name} has no operator`);
      const { ClusterObjects } = await import('./clients/kube/cluster-objects.ts');
      return new ClusterObjects({
        open: line.session,
        signal: line.signal,
        set: name,
        namespace: run.namespace,
        kinds: new Set(kinds),
        // Nothing else that the key signs begins like it.
        codeOf: async text => hmacHex((await line.keys()).copies, `vigie object\0${text}`),
        ...more,
      });
    },
    secretsOf: async set => learntSecrets(set.secrets, line),
    markOf: async name => markOf(named(destinations, name), line),
    realPath: async path => {
      const real = await realpath(path).catch(() => undefined);
      return real === normalize(path).replace(/(?<=.)\/$/, '') ? undefined : real;
    },
    identityOf: async name => {
      const { identity } = named(destinations, name);
      return identity === undefined ? undefined : learntSecret(identity, line);
    },
  };
}

function named<T>(all: ReadonlyMap<string, T>, name: string): T {
  const found = all.get(name);
  if (found !== undefined) return found;
  throw new VigieError('NOT_FOUND', `There is no destination ${name} for backups.`, {
    hint: trusted`Destinations are ${[...all.keys()]}; they stand under backups.destinations in vigie.yaml.`,
  });
}

// Whatever reads or writes copies passes here: of each it is told whose it is, and each is signed.

async function ourReader(destination: BackupDestination, line: BackupsLine): Promise<CopyReader> {
  const { signedReader } = await import('./backups/signed-destination.ts');
  return signedReader(await placeOf(destination, line).reader(), await copyKeysOf(line));
}

async function ourWriter(destination: BackupDestination, line: BackupsLine): Promise<CopyWriter> {
  const { signedWriter } = await import('./backups/signed-destination.ts');
  return signedWriter(await placeOf(destination, line).writer(), await copyKeysOf(line));
}

/** What was signed before `signing` was set stays ours. @throws VigieError SECRET, STORE */
async function copyKeysOf(line: BackupsLine): Promise<CopyKeys> {
  const { copyKey } = await import('./backups/copy-signature.ts');
  const own = copyKey((await line.keys()).copies);
  const { environment } = line;
  const { signing } = line.backups;
  if (signing === undefined) return { environment, signs: own, counts: [own] };
  const { copiesKeyOf } = await import('./config/keys.ts');
  const key = copiesKeyOf(await learntSecret(signing, line));
  if (key === undefined)
    throw new VigieError('SECRET', `What ${signing.toString()} leads to is no key to sign copies with.`, {
      hint: 'Let signing under backups lead to 32 random bytes in base64: head -c 32 /dev/urandom | base64',
    });
  const named = copyKey(key);
  return { environment, signs: named, counts: [named, own] };
}
