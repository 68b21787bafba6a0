import * as z from 'zod';
import type { BackupDestination, DestinationPlace } from '../../core/backup-set.ts';
import { SecretReference } from '../../core/secret-reference.ts';
import { isLoopback } from '../../http/loopback.ts';
import { type Aliases, readReference } from './reference.ts';

const reference = z.string().max(4096);

export const s3Section = z.strictObject({
  endpoint: z.string().max(2048),
  insecureHttp: z.boolean().default(false),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,63}$/)
    .default('us-east-1'),
  bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'is no name of a bucket'),
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+){0,10}\/?$/, 'must be like backups/prod')
    .refine(text => !text.split('/').some(part => part === '.' || part === '..'), 'must not climb')
    .optional(),
  accessKey: reference,
  secretKey: reference,
});

// Credentials of the storages that restic knows, and what goes with them. Others of its variables run commands
// (RESTIC_PASSWORD_COMMAND), or lead to files that do (those of aws and rclone), with no person asked.
const storageKeys: ReadonlySet<string> = new Set([
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_DEFAULT_REGION',
  'AWS_REGION',
  'AZURE_ACCOUNT_NAME',
  'AZURE_ACCOUNT_KEY',
  'AZURE_ACCOUNT_SAS',
  'AZURE_ENDPOINT_SUFFIX',
  'B2_ACCOUNT_ID',
  'B2_ACCOUNT_KEY',
  'GOOGLE_PROJECT_ID',
  'GOOGLE_ACCESS_TOKEN',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'OS_APPLICATION_CREDENTIAL_ID',
  'OS_APPLICATION_CREDENTIAL_NAME',
  'OS_APPLICATION_CREDENTIAL_SECRET',
  'OS_AUTH_TOKEN',
  'OS_AUTH_URL',
  'OS_PASSWORD',
  'OS_PROJECT_DOMAIN_NAME',
  'OS_PROJECT_NAME',
  'OS_REGION_NAME',
  'OS_STORAGE_URL',
  'OS_TENANT_ID',
  'OS_TENANT_NAME',
  'OS_USER_DOMAIN_NAME',
  'OS_USER_ID',
  'OS_USERNAME',
  'RCLONE_CONFIG_PASS',
  'RESTIC_REST_PASSWORD',
  'RESTIC_REST_USERNAME',
  'ST_AUTH',
  'ST_KEY',
  'ST_USER',
]);

export const resticSection = z.strictObject({
  repository: z.string().min(1).max(4096),
  password: reference,
  env: z
    .record(
      z
        .string()
        .regex(/^[A-Z0-9_]{1,60}$/)
        .refine(key => storageKeys.has(key), 'is no credential of a storage that restic knows'),
      reference,
    )
    .default({}),
});

export const destinationSection = z.strictObject({
  directory: z.string().startsWith('/', 'must be an absolute path').max(4096).optional(),
  s3: s3Section.optional(),
  restic: resticSection.optional(),
  media: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be a word like disk or object-store'),
  offSite: z.boolean().default(false),
  age: z
    .array(z.string().regex(/^age1[0-9a-z]{10,2000}$/, 'is no recipient of age (age1…)'))
    .min(1)
    .max(20)
    .optional(),
  identity: reference.optional(),
});

type At = Aliases & { name: string; path: readonly PropertyKey[] };

export function readDestination(text: z.output<typeof destinationSection>, at: At): BackupDestination {
  const { age, identity } = text;
  const place = placeOf(text, at);
  if (place.kind === 'restic' && (age !== undefined || identity !== undefined))
    at.fail([...at.path, 'age'], 'cannot go with restic, which encrypts by itself');
  if (identity !== undefined && age === undefined)
    at.fail([...at.path, 'identity'], 'needs age: the recipients that copies are encrypted to');
  return {
    name: at.name,
    at: place,
    media: text.media,
    offSite: text.offSite,
    recipients: age ?? [],
    ...(identity === undefined
      ? {}
      : { identity: readReference(identity, { ...at, path: [...at.path, 'identity'] }) }),
  };
}

function placeOf({ directory, s3, restic }: z.output<typeof destinationSection>, at: At): DestinationPlace {
  const named = [directory, s3, restic].filter(each => each !== undefined);
  if (named.length !== 1) at.fail(at.path, 'needs exactly one of directory, s3 and restic');
  if (directory !== undefined) return { kind: 'directory', root: directory };
  if (s3 !== undefined) {
    const { accessKey, secretKey, endpoint, insecureHttp, prefix = '', ...rest } = s3;
    const path = [...at.path, 's3'];
    const problem = problemOf(endpoint, insecureHttp ? 'any' : 'safe');
    if (problem !== undefined) at.fail([...path, 'endpoint'], problem);
    return {
      kind: 's3',
      ...rest,
      endpoint: endpoint.replace(/\/$/, ''),
      prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`,
      accessKey: readReference(accessKey, { ...at, path: [...path, 'accessKey'] }),
      secretKey: readReference(secretKey, { ...at, path: [...path, 'secretKey'] }),
    };
  }
  if (restic !== undefined) {
    const path = [...at.path, 'restic'];
    const { repository } = restic;
    if (/:\/\/[^/]*@/.test(repository))
      at.fail(
        [...path, 'repository'],
        'must not hold a user or a password: let a reference lead to the whole',
      );
    return {
      kind: 'restic',
      repository: SecretReference.parse(repository) ?? at.secrets.get(repository) ?? repository,
      password: readReference(restic.password, { ...at, path: [...path, 'password'] }),
      env: Object.fromEntries(
        Object.entries(restic.env).map(([key, written]) => [
          key,
          readReference(written, { ...at, path: [...path, 'env', key] }),
        ]),
      ),
    };
  }
  return at.fail(at.path, 'needs one of directory, s3 and restic');
}

/** What is wrong with an endpoint; it is not quoted, since it may hold a password. */
function problemOf(written: string, http: 'any' | 'safe'): string | undefined {
  const url = URL.parse(written);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    return 'must be a URL of https or http';
  if (url.username + url.password + url.search + url.hash !== '' || url.pathname !== '/')
    return 'must be a host and nothing more: no user, password, path or query';
  if (url.protocol === 'http:' && !isLoopback(url) && http === 'safe')
    return 'is http, which anybody on the way can read and change: use https, or insecureHttp: true';
  return undefined;
}
