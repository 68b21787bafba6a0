import type { CopyKeys } from './backups/copy-signature.ts';
import type { KubeSession } from './clients/kube/connection.ts';
import type { Repository } from './clients/restic/run.ts';
import type { Bucket } from './clients/s3/client.ts';
import type { BackupsConfig } from './config/integrations/backups.ts';
import type { BackupDestination, DestinationPlace } from './core/backup-set.ts';
import type { CopyReader, CopyWriter } from './core/copies.ts';
import { VigieError } from './core/errors.ts';
import type { Keys } from './core/keys.ts';
import type { KnownSecrets } from './core/known-secrets.ts';
import { trusted } from './core/trusted-text.ts';
import { learntSecret, learntSecrets } from './learnt-secrets.ts';
import { runnerAt } from './runners.ts';
import type { BackupSystem, ChangingBackups } from './toolkit/backup-system.ts';

/** What leads to the backups of one environment, for one call. */
interface BackupsLine {
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
        ...more,
      });
    },
    secretsOf: async set => learntSecrets(set.secrets, line),
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
  return signedReader(await readerOf(destination, line), await copyKeysOf(line));
}

async function ourWriter(destination: BackupDestination, line: BackupsLine): Promise<CopyWriter> {
  const { signedWriter } = await import('./backups/signed-destination.ts');
  return signedWriter(await writerOf(destination, line), await copyKeysOf(line));
}

/** What was signed before `signing` was set stays ours. @throws VigieError SECRET, STORE */
async function copyKeysOf(line: BackupsLine): Promise<CopyKeys> {
  const { copyKey } = await import('./backups/copy-signature.ts');
  const own = copyKey((await line.keys()).copies);
  const { signing } = line.backups;
  if (signing === undefined) return { signs: own, counts: [own] };
  const { copiesKeyOf } = await import('./config/keys.ts');
  const key = copiesKeyOf(await learntSecret(signing, line));
  if (key === undefined)
    throw new VigieError('SECRET', `What ${signing.toString()} leads to is no key to sign copies with.`, {
      hint: 'Let signing under backups lead to 32 random bytes in base64: head -c 32 /dev/urandom | base64',
    });
  const named = copyKey(key);
  return { signs: named, counts: [named, own] };
}

async function readerOf({ name, at, recipients }: BackupDestination, line: BackupsLine): Promise<CopyReader> {
  const demands = recipients.length > 0 ? 'age' : 'none';
  switch (at.kind) {
    case 'directory': {
      const { DirectoryReader } = await import('./clients/directory/reader.ts');
      const { timelyReader } = await import('./backups/timely-destination.ts');
      return timelyReader(new DirectoryReader({ name, root: at.root, demands }));
    }
    case 's3': {
      const { S3Reader } = await import('./clients/s3/reader.ts');
      return new S3Reader({ ...(await bucketAt(name, at, line)), demands });
    }
    case 'restic': {
      const { ResticReader } = await import('./clients/restic/reader.ts');
      return new ResticReader(await repositoryAt(name, at, line));
    }
  }
}

async function writerOf({ name, at }: BackupDestination, line: BackupsLine): Promise<CopyWriter> {
  switch (at.kind) {
    case 'directory': {
      const { DirectoryWriter } = await import('./clients/directory/writer.ts');
      const { timelyWriter } = await import('./backups/timely-destination.ts');
      return timelyWriter(new DirectoryWriter({ name, root: at.root }), { shown: at.root });
    }
    case 's3': {
      const { S3Writer } = await import('./clients/s3/writer.ts');
      return new S3Writer(await bucketAt(name, at, line));
    }
    case 'restic': {
      const { ResticWriter } = await import('./clients/restic/writer.ts');
      return new ResticWriter(await repositoryAt(name, at, line));
    }
  }
}

async function bucketAt(
  name: string,
  at: Extract<DestinationPlace, { kind: 's3' }>,
  line: BackupsLine,
): Promise<Bucket> {
  const { accessKey, secretKey } = await learntSecrets(
    { accessKey: at.accessKey, secretKey: at.secretKey },
    line,
  );
  if (accessKey === undefined || secretKey === undefined) throw new Error('both were resolved');
  const { endpoint, region, bucket, prefix } = at;
  return { name, endpoint, region, bucket, prefix, accessKey, secretKey, signal: line.signal };
}

async function repositoryAt(
  name: string,
  { repository, password, env }: Extract<DestinationPlace, { kind: 'restic' }>,
  line: BackupsLine,
): Promise<Repository> {
  const hidden = typeof repository !== 'string';
  return {
    name,
    repository: hidden ? await learntSecret(repository, line) : repository,
    shown: hidden ? repository.toString() : repository,
    secrets: { ...(await learntSecrets(env, line)), RESTIC_PASSWORD: await learntSecret(password, line) },
    signal: line.signal,
  };
}
