import * as z from 'zod';
import type { BackupSet } from '../../core/backup-set.ts';
import { namespaceName } from '../dns-label.ts';
import { type EngineKeys, readEngineKeys } from './engine-keys.ts';
import { excludePatterns, filePaths } from './file-sets.ts';
import type { Aliases } from './reference.ts';

// What a set says of its data: the keys of all engines, and which of them belong to which.

const path = z.string().startsWith('/', 'must be an absolute path').max(4096);
const reference = z.string().max(4096);

/** Every key of every engine; all but `engine` may be absent. */
export const enginesSection = z.strictObject({
  engine: z.enum(['clickhouse', 'postgres', 'postgres-physical', 'redis', 'sqlite', 'files', 'cnpg']),
  database: z.string().min(1).max(63).optional(),
  host: z
    .string()
    .regex(/^[A-Za-z0-9./:_-]{1,253}$/, 'is no host')
    .optional(),
  port: z.int().min(1).max(65_535).optional(),
  user: z.string().min(1).max(63).optional(),
  sslMode: z.enum(['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']).optional(),
  password: reference.optional(),
  dsn: reference.optional(),
  socket: path.optional(),
  tls: z.boolean().optional(),
  marker: z.boolean().optional(),
  slot: z
    .string()
    .regex(/^[a-z0-9_]{1,63}$/, 'is no name of a replication slot')
    .optional(),
  baseEveryHours: z.number().min(0).max(8_760).optional(),
  path: path.optional(),
  disk: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'is no name of a disk')
    .optional(),
  paths: filePaths.optional(),
  exclude: excludePatterns.optional(),
  oneFileSystem: z.boolean().optional(),
  cluster: z
    .string()
    .regex(/^[a-z]([a-z0-9-]{0,48}[a-z0-9])?$/, 'is no name of a Cluster')
    .optional(),
  namespace: namespaceName.optional(),
  method: z.enum(['barmanObjectStore', 'volumeSnapshot', 'plugin']).optional(),
  plugin: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'is no name of a plugin')
    .optional(),
  removeBackups: z.boolean().optional(),
});

type EngineText = z.output<typeof enginesSection>;
type Key = Exclude<keyof EngineText, 'engine'>;

const keys = enginesSection.keyof().options.filter(key => key !== 'engine');

const keysOf: Readonly<Record<EngineText['engine'], EngineKeys<Key>>> = {
  clickhouse: {
    needs: ['database'],
    may: ['host', 'port', 'user', 'tls', 'disk', 'path'],
    secret: ['password'],
  },
  postgres: {
    needs: ['database'],
    may: ['host', 'port', 'user', 'sslMode'],
    secret: ['password', 'dsn'],
  },
  'postgres-physical': {
    needs: ['database'],
    may: ['host', 'port', 'user', 'sslMode', 'slot', 'baseEveryHours', 'marker'],
    secret: ['password', 'dsn'],
  },
  redis: { needs: [], may: ['host', 'port', 'socket', 'user', 'tls', 'marker'], secret: ['password'] },
  sqlite: { needs: ['path'], may: [], secret: [] },
  files: { needs: ['paths'], may: ['exclude', 'oneFileSystem', 'marker'], secret: [] },
  cnpg: {
    needs: ['cluster', 'namespace'],
    may: ['method', 'plugin', 'database', 'marker', 'removeBackups'],
    secret: [],
  },
};

/** The engine of a set with its settings, and its references apart. */
export function engineOf(
  text: EngineText,
  at: Aliases & { path: readonly PropertyKey[] },
): Pick<BackupSet, 'engine' | 'settings' | 'secrets'> {
  const { engine } = text;
  return { engine, ...readEngineKeys(text, { ...at, keys, of: keysOf[engine] }) };
}
