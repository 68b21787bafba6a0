import * as z from 'zod';
import type { SecretReference } from '../../core/secret-reference.ts';
import { ownName } from '../dns-label.ts';
import { enginesSection } from './backup-engines.ts';
import {
  type EndpointConfig,
  endpointSection,
  endpointText,
  readEndpoint,
  serviceSection,
} from './endpoint.ts';
import { type EngineKeys, readEngineKeys } from './engine-keys.ts';
import type { Aliases } from './reference.ts';
import { type ProgramPlace, podSection, readRun, runSection } from './run-place.ts';

/** What stands under `data` of an environment: services whose health is asked, by their names. */
export type DataConfig = ReadonlyMap<string, DataService>;

/** A service that holds data, and how it is asked. */
export type DataService = {
  name: string;
  /** PromQL for its 99th percentile in seconds. Absent: nobody tells it. */
  p99?: string;
} & (
  | {
      engine: 'postgres';
      run: ProgramPlace;
      place: PostgresPlace;
      secrets: Readonly<Record<string, SecretReference>>;
    }
  | {
      engine: 'redis';
      run: ProgramPlace;
      place: RedisPlace;
      secrets: Readonly<Record<string, SecretReference>>;
    }
  | {
      engine: 'clickhouse';
      run: ProgramPlace;
      place: ClickhousePlace;
      secrets: Readonly<Record<string, SecretReference>>;
    }
  | { engine: 'patroni'; endpoint: EndpointConfig }
  | { engine: 'cnpg'; namespace: string; cluster: string }
);

/** By a program's options; absent: the program's own defaults, where it runs. */
interface Place {
  host?: string;
  port?: number;
  user?: string;
}
interface PostgresPlace extends Place {
  database: string;
  sslMode?: string;
}
interface RedisPlace extends Place {
  socket?: string;
  tls?: boolean;
}
interface ClickhousePlace extends Place {
  tls?: boolean;
}

/** Each is asked with a few programs; more belong into more environments. */
const mostServices = 50;
/** Of a query that a person wrote into a file. */
const queryChars = 4_000;

const { database, host, port, user, sslMode, password, dsn, socket, tls, cluster, namespace } =
  enginesSection.shape;

const serviceOfDataSection = z.strictObject({
  engine: z.enum(['postgres', 'redis', 'clickhouse', 'patroni', 'cnpg']),
  run: runSection.optional(),
  database,
  host,
  port,
  user,
  sslMode,
  password,
  dsn,
  socket,
  tls,
  endpoint: endpointText,
  cluster,
  namespace,
  p99: z.string().min(1).max(queryChars).optional(),
});

type ServiceText = z.output<typeof serviceOfDataSection>;
type Key = Exclude<keyof ServiceText, 'engine' | 'p99'>;

const keys = serviceOfDataSection.keyof().options.filter(key => key !== 'engine' && key !== 'p99');

const keysOf: Readonly<Record<ServiceText['engine'], EngineKeys<Key>>> = {
  postgres: {
    needs: ['database'],
    may: ['run', 'host', 'port', 'user', 'sslMode'],
    secret: ['password', 'dsn'],
  },
  redis: { needs: [], may: ['run', 'host', 'port', 'user', 'socket', 'tls'], secret: ['password'] },
  clickhouse: { needs: [], may: ['run', 'host', 'port', 'user', 'tls'], secret: ['password'] },
  patroni: { needs: ['endpoint'], may: [], secret: [] },
  cnpg: { needs: ['cluster', 'namespace'], may: [], secret: [] },
};

export const dataSection = z
  .record(ownName, serviceOfDataSection)
  .refine(all => Object.keys(all).length <= mostServices, `must be at most ${mostServices}`);

/** Its sections, by the path below an environment. */
export const dataSections: Readonly<Record<string, z.core.$ZodLooseShape>> = {
  'data.NAME': serviceOfDataSection.shape,
  'data.NAME.run.pod': podSection.shape,
  'data.NAME.endpoint': endpointSection.shape,
  'data.NAME.endpoint.service': serviceSection.shape,
};

export function readData(text: z.output<typeof dataSection>, at: Aliases): DataConfig {
  return new Map(
    Object.entries(text).map(([key, service]) => [
      key,
      readService(service, { ...at, name: key, path: ['data', key] }),
    ]),
  );
}

function readService(
  text: ServiceText,
  at: Aliases & { name: string; path: readonly PropertyKey[] },
): DataService {
  const { engine, p99 } = text;
  const { secrets } = readEngineKeys(text, { ...at, keys, of: keysOf[engine] });
  const asked = () => ({ run: readRun(text.run ?? 'local', at), secrets });
  const common = { name: at.name, ...(p99 === undefined ? {} : { p99 }) };
  switch (engine) {
    case 'postgres':
      return {
        ...common,
        engine,
        ...asked(),
        place: {
          ...placeOf(text),
          database: text.database ?? '',
          ...(text.sslMode === undefined ? {} : { sslMode: text.sslMode }),
        },
      };
    case 'redis':
      return {
        ...common,
        engine,
        ...asked(),
        place: {
          ...placeOf(text),
          ...(text.socket === undefined ? {} : { socket: text.socket }),
          ...(text.tls === undefined ? {} : { tls: text.tls }),
        },
      };
    case 'clickhouse':
      return {
        ...common,
        engine,
        ...asked(),
        place: { ...placeOf(text), ...(text.tls === undefined ? {} : { tls: text.tls }) },
      };
    case 'patroni': {
      const endpoint = text.endpoint ?? at.fail(at.path, 'needs endpoint');
      return {
        ...common,
        engine,
        endpoint: readEndpoint(endpoint, { ...at, path: [...at.path, 'endpoint'] }),
      };
    }
    case 'cnpg':
      return { ...common, engine, namespace: text.namespace ?? '', cluster: text.cluster ?? '' };
  }
}

function placeOf(text: ServiceText): Place {
  return {
    ...(text.host === undefined ? {} : { host: text.host }),
    ...(text.port === undefined ? {} : { port: text.port }),
    ...(text.user === undefined ? {} : { user: text.user }),
  };
}
