import type { Repository } from './clients/restic/run.ts';
import type { Bucket } from './clients/s3/client.ts';
import type { BackupDestination, DestinationPlace } from './core/backup-set.ts';
import type { CopyReader, CopyWriter } from './core/copies.ts';
import { hmacHex } from './core/digest.ts';
import { canonicalJson } from './core/json.ts';
import type { Keys } from './core/keys.ts';
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

// Of restic's own variables: by these the storage is found. What else it is given opens it, and is changed now and then.
const leadingNames: ReadonlySet<string> = new Set([
  'AZURE_ACCOUNT_NAME',
  'AZURE_ENDPOINT_SUFFIX',
  'OS_AUTH_URL',
  'OS_PROJECT_NAME',
  'OS_REGION_NAME',
  'OS_STORAGE_URL',
  'OS_TENANT_ID',
  'OS_TENANT_NAME',
  'ST_AUTH',
]);
/** Digits of a mark: nobody can try for one without the key. */
const markDigits = 16;

/** See ChangingBackups.markOf. */
export async function markOf(
  { at }: BackupDestination,
  opening: Omit<Opening, 'signal'> & { keys: () => Promise<Keys> },
): Promise<string | undefined> {
  if (at.kind !== 'restic') return undefined;
  const references = {
    ...Object.fromEntries(Object.entries(at.env).filter(([name]) => leadingNames.has(name))),
    ...(typeof at.repository === 'string' ? {} : { repository: at.repository }),
  };
  if (Object.keys(references).length === 0) return undefined;
  const led = Object.entries(await learntSecrets(references, opening)).map(([name, value]) => [
    name,
    // The password in `rest:https://user:password@host/`; past these characters the host would be another.
    value.replace(/(:\/\/[^/?#@:]*):[^/?#@]*@/, '$1@'),
  ]);
  const { digest } = await opening.keys();
  return hmacHex(digest, canonicalJson({ of: 'place', led: Object.fromEntries(led) })).slice(0, markDigits);
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
