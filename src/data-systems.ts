import type { KubeSession } from './clients/kube/connection.ts';
import type { DataConfig, DataService } from './config/integrations/data.ts';
import type { EndpointConfig } from './config/integrations/endpoint.ts';
import { describeRunPlace } from './core/backup-set.ts';
import { VigieError } from './core/errors.ts';
import type { KnownSecrets } from './core/known-secrets.ts';
import { trusted } from './core/trusted-text.ts';
import type { Endpoint } from './http/endpoint.ts';
import { learntSecrets } from './learnt-secrets.ts';
import { runnerAt } from './runners.ts';
import type { DataReader, DataServiceView, DataSystem } from './toolkit/data-system.ts';

/** What leads to the data services of one environment, for one call. */
interface DataLine {
  services: DataConfig;
  known: KnownSecrets;
  env: NodeJS.ProcessEnv;
  through: () => Promise<Pick<KubeSession, 'executor' | 'reader'>>;
  /** A line to a system that is spoken to over HTTP. */
  endpoint: (place: EndpointConfig) => Promise<Endpoint>;
}

/** What asks the data services of an environment how they are; clients load with their first use. */
export function dataSystem(line: DataLine): DataSystem {
  return {
    services: new Map([...line.services].map(([name, service]) => [name, viewOf(service)])),
    open: (name, within) => open(named(line.services, name), { ...line, ...within }),
  };
}

/** Those of the services that are asked over HTTP. */
export function endpointsOf(services: DataConfig | undefined): EndpointConfig[] {
  return [...(services?.values() ?? [])].flatMap(service =>
    service.engine === 'patroni' ? [service.endpoint] : [],
  );
}

function named(services: DataConfig, name: string): DataService {
  const found = services.get(name);
  if (found !== undefined) return found;
  throw new VigieError('NOT_FOUND', `There is no data service ${name}.`, {
    hint: trusted`Services are ${[...services.keys()]}; they stand under data in vigie.yaml.`,
  });
}

async function open(
  service: DataService,
  line: DataLine & { signal: AbortSignal; deadlineMs: number },
): Promise<DataReader> {
  const { signal, deadlineMs } = line;
  if (service.engine === 'patroni') {
    const { PatroniReader } = await import('./clients/patroni/reader.ts');
    const endpoint = await line.endpoint(service.endpoint);
    return { engine: 'patroni', reader: new PatroniReader(endpoint, { signal, deadlineMs }) };
  }
  if (service.engine === 'cnpg') {
    const { reader } = await line.through();
    const { cluster: name, namespace } = service;
    const ref = { kind: 'Cluster', apiVersion: 'postgresql.cnpg.io/v1', name, namespace };
    return { engine: 'cnpg', read: () => reader.get(ref) };
  }
  const [runner, secrets] = [
    await runnerAt(service.run, line.through),
    await learntSecrets(service.secrets, line),
  ];
  const within = { runner, signal, deadlineMs };
  const { password } = secrets;
  switch (service.engine) {
    case 'postgres': {
      const [{ PostgresReader }, { postgresVariables }] = await Promise.all([
        import('./clients/postgres/reader.ts'),
        import('./clients/postgres/connection.ts'),
      ]);
      const variables = postgresVariables(service.place, secrets);
      return { engine: 'postgres', reader: new PostgresReader({ ...within, variables }) };
    }
    case 'redis': {
      const { RedisReader } = await import('./clients/redis/reader.ts');
      return { engine: 'redis', reader: new RedisReader({ ...within, place: service.place, password }) };
    }
    case 'clickhouse': {
      const { ClickhouseReader } = await import('./clients/clickhouse/reader.ts');
      const { place } = service;
      return { engine: 'clickhouse', reader: new ClickhouseReader({ ...within, place, password }) };
    }
  }
}

function viewOf(service: DataService): DataServiceView {
  const { name, engine, p99 } = service;
  return { name, engine, shown: placeShown(service), ...(p99 === undefined ? {} : { p99 }) };
}

function placeShown(service: DataService): string {
  switch (service.engine) {
    case 'patroni': {
      const { endpoint } = service;
      return endpoint.via === 'url' ? endpoint.url : `Service/${endpoint.name} in ${endpoint.namespace}`;
    }
    case 'cnpg':
      return `Cluster/${service.cluster} in ${service.namespace}`;
    case 'postgres':
    case 'redis':
    case 'clickhouse': {
      const { host, port } = service.place;
      const socket = service.engine === 'redis' ? service.place.socket : undefined;
      const usual = service.secrets['dsn'] === undefined ? 'its usual place' : 'where its DSN leads';
      const at = socket ?? [host, port].filter(part => part !== undefined).join(':');
      return [at === '' ? usual : at, describeRunPlace(service.run)].join(', from ');
    }
  }
}
