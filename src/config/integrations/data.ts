import * as z from 'zod';
import type { SecretReference } from '../../core/secret-reference.ts';
import { enginesSection } from './backup-engines.ts';
import {
  type EndpointConfig,
  endpointSection,
  endpointText,
  readEndpoint,
  serviceSection,
} from './endpoint.ts';
import { type Aliases, readReference } from './reference.ts';
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
type Key = Exclude<keyof ServiceText, 'engine'>;

const keysOf: Readonly<Record<ServiceText['engine'], { needs: readonly Key[]; may: readonly Key[] }>> = {
  postgres: { needs: ['database'], may: ['run', 'host', 'port', 'user', 'sslMode', 'password', 'dsn'] },
  redis: { needs: [], may: ['run', 'host', 'port', 'user', 'socket', 'tls', 'password'] },
  clickhouse: { needs: [], may: ['run', 'host', 'port', 'user', 'tls', 'password'] },
  patroni: { needs: ['endpoint'], may: [] },
  cnpg: { needs: ['cluster', 'namespace'], may: [] },
};

const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be lower-case letters, digits and dashes, at most 63');

export const dataSection = z
  .record(name, serviceOfDataSection)
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
  refuseOthers(text, at);
  const common = { name: at.name, ...(p99 === undefined ? {} : { p99 }) };
  switch (engine) {
    case 'postgres':
      return {
        ...common,
        engine,
        ...asked(text, at),
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
        ...asked(text, at),
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
        ...asked(text, at),
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

/** A key of another engine is refused as one that does not exist. */
function refuseOthers(text: ServiceText, at: Aliases & { path: readonly PropertyKey[] }): void {
  const { needs, may } = keysOf[text.engine];
  const known: readonly Key[] = [...needs, ...may, 'p99'];
  for (const key of serviceOfDataSection.keyof().options) {
    if (key === 'engine') continue;
    if (text[key] === undefined && needs.includes(key))
      at.fail(at.path, `needs ${key} for the engine ${text.engine}`);
    if (text[key] !== undefined && !known.includes(key))
      at.fail([...at.path, key], `is no setting of the engine ${text.engine}`);
  }
}

function placeOf(text: ServiceText): Place {
  return {
    ...(text.host === undefined ? {} : { host: text.host }),
    ...(text.port === undefined ? {} : { port: text.port }),
    ...(text.user === undefined ? {} : { user: text.user }),
  };
}

function asked(
  text: ServiceText,
  at: Aliases & { path: readonly PropertyKey[] },
): { run: ProgramPlace; secrets: Record<string, SecretReference> } {
  const secrets: Record<string, SecretReference> = {};
  for (const key of ['password', 'dsn'] as const) {
    const written = text[key];
    if (written !== undefined) secrets[key] = readReference(written, { ...at, path: [...at.path, key] });
  }
  return { run: readRun(text.run ?? 'local', at), secrets };
}
