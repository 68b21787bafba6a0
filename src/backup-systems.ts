import type { KubeSession } from './clients/kube/connection.ts';
import type { Repository } from './clients/restic/run.ts';
import type { Bucket } from './clients/s3/client.ts';
import type { BackupsConfig } from './config/integrations/backups.ts';
import type { BackupDestination, BackupSet, DestinationPlace } from './core/backup-set.ts';
import type { CopyReader, CopyWriter } from './core/copies.ts';
import { VigieError } from './core/errors.ts';
import type { KnownSecrets } from './core/known-secrets.ts';
import type { SecretReference } from './core/secret-reference.ts';
import { trusted } from './core/trusted-text.ts';
import type { Runner } from './processes/runner.ts';
import type { BackupSystem, ChangingBackups } from './toolkit/backup-system.ts';

/** What leads to the backups of one environment, for one call. */
interface BackupsLine {
  backups: BackupsConfig;
  known: KnownSecrets;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

/** What reads backups: clients are opened with their first use. */
export function backupSystem(line: BackupsLine): BackupSystem {
  const { sets, destinations } = line.backups;
  return { sets, destinations, reader: name => readerOf(named(destinations, name), line) };
}

/** What makes and restores them. `opened`: the way into the environment's pods. */
export function changingBackups(line: BackupsLine & { opened: KubeSession }): ChangingBackups {
  const { destinations } = line.backups;
  return {
    ...backupSystem(line),
    writer: name => writerOf(named(destinations, name), line),
    runner: set => runnerOf(set, line),
    secretsOf: async set => resolveAll(set.secrets, line),
    identityOf: async name => {
      const { identity } = named(destinations, name);
      return identity === undefined ? undefined : resolve(identity, line);
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

async function readerOf({ name, at, recipients }: BackupDestination, line: BackupsLine): Promise<CopyReader> {
  const demands = recipients.length > 0 ? 'age' : 'none';
  switch (at.kind) {
    case 'directory': {
      const { DirectoryReader } = await import('./clients/directory/reader.ts');
      return new DirectoryReader({ name, root: at.root, demands });
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
      return new DirectoryWriter({ name, root: at.root });
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
  const { accessKey, secretKey } = await resolveAll(
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
    repository: hidden ? await resolve(repository, line) : repository,
    shown: hidden ? repository.toString() : repository,
    secrets: { ...(await resolveAll(env, line)), RESTIC_PASSWORD: await resolve(password, line) },
    signal: line.signal,
  };
}

async function runnerOf({ run }: BackupSet, { opened }: { opened: KubeSession }): Promise<Runner> {
  if (run.in === 'local') return (await import('./processes/local-runner.ts')).localRunner;
  const [{ chooseContainer }, { PodRunner }, executor] = await Promise.all([
    import('./clients/kube/choose-container.ts'),
    import('./clients/kube/pod-runner.ts'),
    opened.executor(),
  ]);
  return new PodRunner(executor, await chooseContainer(opened.reader, run));
}

async function resolveAll(
  references: Readonly<Record<string, SecretReference>>,
  line: BackupsLine,
): Promise<Record<string, string>> {
  const values = Object.entries(references).map(async ([key, reference]) => [
    key,
    await resolve(reference, line),
  ]);
  return Object.fromEntries(await Promise.all(values));
}

/** A value is known as a secret before anybody gets it. */
async function resolve(reference: SecretReference, { known, env }: BackupsLine): Promise<string> {
  const { resolveSecret } = await import('./config/secrets.ts');
  const value = await resolveSecret(reference, env);
  known.learn(value);
  return value;
}
