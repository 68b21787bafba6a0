import { expect, test } from 'vitest';
import type { BackupDestination, BackupSet } from '../../../src/core/backup-set.ts';
import type { BackupRun } from '../../../src/core/change.ts';
import type { Preview } from '../../../src/core/preview.ts';
import { SecretReference } from '../../../src/core/secret-reference.ts';
import { mustLeadThere, placeOf } from '../../../src/pipeline/changes/place-of.ts';
import type { ChangingBackups } from '../../../src/toolkit/backup-system.ts';

const change: BackupRun = { kind: 'backup-run', target: { kind: 'BackupSet', name: 'shop' }, copy: 'a' };
const place = {
  kind: 's3',
  endpoint: 'https://s3.example',
  region: 'eu',
  bucket: 'copies',
  prefix: '',
} as const;

function reference(text: string): SecretReference {
  const found = SecretReference.parse(text);
  if (found === undefined) throw new Error(`${text} is no reference`);
  return found;
}

function configured(of: {
  at?: BackupDestination['at'];
  dsn?: string;
  mark?: string;
  recipients?: readonly string[];
  set?: Partial<BackupSet>;
}): { backups(): Promise<ChangingBackups> } {
  const keys = { accessKey: reference('env:A'), secretKey: reference('env:B') };
  const destination: BackupDestination = {
    name: 'store',
    at: of.at ?? { ...place, ...keys },
    media: 'object-store',
    offSite: true,
    recipients: of.recipients ?? [],
  };
  const set: BackupSet = {
    name: 'shop',
    engine: 'postgres',
    settings: { database: 'shop' },
    secrets: { dsn: reference('env:DSN') },
    run: { in: 'local' },
    to: ['store'],
    drillSeconds: 1,
    timeoutSeconds: 1,
    ...of.set,
  };
  const nobody = (): never => {
    throw new Error('nothing is opened to say where it leads');
  };
  return {
    backups: async () => ({
      sets: new Map([['shop', set]]),
      destinations: new Map([['store', destination]]),
      reader: nobody,
      writer: nobody,
      runner: nobody,
      objects: nobody,
      identityOf: nobody,
      markOf: async () => of.mark,
      realPath: async () => undefined,
      secretsOf: async () => ({ dsn: of.dsn ?? 'postgresql://app:word@a.example:5432/shop' }),
    }),
  };
}

async function shown(): Promise<Preview> {
  const found = await placeOf(change, configured({}));
  return {
    change,
    operation: 'create',
    target: change.target,
    volatile: [],
    warnings: [],
    alongside: [],
    risk: { level: 'low', reasons: [] },
    undo: { possible: true },
    serverChecked: true,
    ...(found === undefined ? {} : { place: found }),
  };
}

test.each([
  ['the server of a DSN', { dsn: 'postgresql://app:word@b.example:5432/shop' }],
  ['the database of a DSN', { dsn: 'postgresql://app:word@a.example:5432/other' }],
  ['the bucket', { at: { kind: 'directory', root: '/copies' } as const }],
  ['thing behind a reference', { mark: '0123456789abcdef' }],
  ['who can decrypt', { recipients: ['age1somebody'] }],
  ['the machine', { set: { run: { in: 'pod', namespace: 'shop', target: { pod: 'db' } } as const } }],
  ['the scratch folder', { set: { scratch: '/scratch' } }],
  ['the destinations', { set: { to: ['store', 'more'] } }],
])('another %s is another place, right before the write too', async (_what, now) => {
  await expect(mustLeadThere(await shown(), configured(now))).rejects.toMatchObject({ code: 'CONFLICT' });
});

test('another password leads to the same place, and stands nowhere', async () => {
  const preview = await shown();
  await mustLeadThere(preview, configured({ dsn: 'postgresql://app:newer@a.example:5432/shop' }));
  expect(JSON.stringify(preview.place)).not.toContain('word');
});

test.each([
  ['a key of TLS', 'sslmode=verify-full&sslpassword=Hunter2-key', 'Hunter2'],
  ['settings of the session', 'options=-c+app.token%3DHunter2', 'Hunter2'],
  ['a word of nobody knows whom', 'host=c.example&apiToken=Hunter2', 'Hunter2'],
])('of %s in a DSN the name stands there, and not what it says', async (_what, words, secret) => {
  const dsn = `postgresql://app@a.example/shop?${words}#Hunter2`;
  const text = JSON.stringify(await placeOf(change, configured({ dsn })));
  expect(text).not.toContain(secret);
  const [first = ''] = words.split('&');
  if (!first.includes(secret)) expect(text).toContain(first);
  for (const word of words.split('&')) expect(text).toContain(word.split('=')[0]);
});

test('a host that a DSN names among its settings is another place', async () => {
  const dsn = 'postgresql://app@a.example/shop?host=';
  const at = async (host: string) => placeOf(change, configured({ dsn: dsn + host }));
  expect(await at('b.example')).not.toEqual(await at('c.example'));
});
