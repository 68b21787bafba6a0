import type { Repository } from './clients/restic/run.ts';
import type { Bucket } from './clients/s3/client.ts';
import type { BackupDestination, DestinationPlace } from './core/backup-set.ts';
import type { CopyReader, CopyWriter } from './core/copies.ts';
import type { KnownSecrets } from './core/known-secrets.ts';
import { learntSecret, learntSecrets } from './learnt-secrets.ts';

/** What opens places: credentials are read with each opening. */
interface Opening {
  known: KnownSecrets;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

/** A place of copies that can be opened; its client is loaded with the first use. @throws VigieError SECRET */
interface Place {
  reader(): Promise<CopyReader>;
  writer(): Promise<CopyWriter>;
}

type Of<Kind extends DestinationPlace['kind']> = Extract<DestinationPlace, { kind: Kind }>;

/** The place of a destination. A new kind is a line here, with its client and its section of vigie.yaml. */
export function placeOf({ name, at, recipients }: BackupDestination, opening: Opening): Place {
  const demands = recipients.length > 0 ? 'age' : 'none';
  switch (at.kind) {
    case 'directory':
      return folder(name, { root: at.root, demands });
    case 's3':
      return inBucket(async () => ({ ...(await bucketAt(name, at, opening)), demands }));
    case 'restic':
      return inRepository(() => repositoryAt(name, at, opening));
  }
}

function folder(name: string, { root, demands }: { root: string; demands: 'age' | 'none' }): Place {
  return {
    async reader() {
      const { DirectoryReader } = await import('./clients/directory/reader.ts');
      const { timelyReader } = await import('./backups/timely-destination.ts');
      return timelyReader(new DirectoryReader({ name, root, demands }));
    },
    async writer() {
      const { DirectoryWriter } = await import('./clients/directory/writer.ts');
      const { timelyWriter } = await import('./backups/timely-destination.ts');
      return timelyWriter(new DirectoryWriter({ name, root }), { shown: root });
    },
  };
}

function inBucket(bucket: () => Promise<Bucket>): Place {
  return {
    async reader() {
      const { S3Reader } = await import('./clients/s3/reader.ts');
      return new S3Reader(await bucket());
    },
    async writer() {
      const { S3Writer } = await import('./clients/s3/writer.ts');
      return new S3Writer(await bucket());
    },
  };
}

function inRepository(repository: () => Promise<Repository>): Place {
  return {
    async reader() {
      const { ResticReader } = await import('./clients/restic/reader.ts');
      return new ResticReader(await repository());
    },
    async writer() {
      const { ResticWriter } = await import('./clients/restic/writer.ts');
      return new ResticWriter(await repository());
    },
  };
}

async function bucketAt(name: string, at: Of<'s3'>, opening: Opening): Promise<Bucket> {
  const { endpoint, region, bucket, prefix } = at;
  const [accessKey, secretKey] = await Promise.all([
    learntSecret(at.accessKey, opening),
    learntSecret(at.secretKey, opening),
  ]);
  return { name, endpoint, region, bucket, prefix, accessKey, secretKey, signal: opening.signal };
}

async function repositoryAt(name: string, at: Of<'restic'>, opening: Opening): Promise<Repository> {
  const { repository, password, env } = at;
  const hidden = typeof repository !== 'string';
  return {
    name,
    repository: hidden ? await learntSecret(repository, opening) : repository,
    shown: hidden ? repository.toString() : repository,
    secrets: {
      ...(await learntSecrets(env, opening)),
      RESTIC_PASSWORD: await learntSecret(password, opening),
    },
    signal: opening.signal,
  };
}
