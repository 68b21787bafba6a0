import { readFile } from 'node:fs/promises';
import { backupSystem } from './backup-systems.ts';
import type { KubeSession } from './clients/kube/connection.ts';
import type { EndpointConfig } from './config/integrations/endpoint.ts';
import { type Integrations, placeFacts } from './config/integrations/integrations.ts';
import type { ClusterIdentity } from './core/cluster.ts';
import { sha256Hex } from './core/digest.ts';
import { VigieError } from './core/errors.ts';
import { canonicalJson } from './core/json.ts';
import type { Keys } from './core/keys.ts';
import type { KnownSecrets } from './core/known-secrets.ts';
import { systemCode } from './core/system-error.ts';
import { type EndpointSystem, logsSystems, metricsSystems } from './core/system-names.ts';
import { dataSystem, endpointsOf } from './data-systems.ts';
import type { Endpoint } from './http/endpoint.ts';
import { learntSecret } from './learnt-secrets.ts';
import type { ChangingSystems } from './pipeline/changing-systems.ts';
import type { Store } from './store/store.ts';
import { notConfigured } from './toolkit/not-configured.ts';
import type { Systems } from './toolkit/systems.ts';

/** What leads to the systems of one environment. */
export interface SystemsLine {
  environment: string;
  integrations: Integrations;
  known: KnownSecrets;
  env: NodeJS.ProcessEnv;
  userAgent: string;
  /** The installation's keys. */
  keys: () => Promise<Keys>;
  /** What Vigie remembers; opened with its first use. */
  store: () => Promise<Store>;
}

/** One call's way through the environment's cluster, to Services of it and into its pods. */
type Through = () => Promise<Pick<KubeSession, 'service' | 'changingService' | 'executor' | 'reader'>>;

interface CallOfSystems {
  signal: AbortSignal;
  through: Through;
}

/**
 * The systems of an environment, for one call after another: their lines are opened with their first use and shared by all
 * calls. What a reference stands for is read with each request and known as a secret before it is used.
 */
export function systemsOf(line: SystemsLine): {
  reading(call: CallOfSystems): Systems;
  changing(call: CallOfSystems): ChangingSystems;
} {
  const places = placesOf(line.integrations);
  const direct = new Map<EndpointConfig, Promise<Endpoint>>();
  const endpointOf = (
    name: EndpointSystem,
    by: { through: Through; changing?: boolean },
  ): Promise<Endpoint> => {
    const place = places.get(name);
    if (place === undefined) throw notConfigured(line.environment, name);
    return endpointAt(place, by);
  };
  const endpointAt = async (
    place: EndpointConfig,
    { through, changing = false }: { through: Through; changing?: boolean },
  ): Promise<Endpoint> => {
    if (place.via === 'service') {
      const session = await through();
      return changing ? session.changingService(place) : session.service(place);
    }
    const open = direct.get(place) ?? openDirect(place, line);
    direct.set(place, open);
    return open;
  };
  const reading = ({ signal, through }: CallOfSystems): Systems => ({
    configured: new Set([
      ...places.keys(),
      ...(line.integrations.backups === undefined ? [] : ['backups' as const]),
      ...(line.integrations.data === undefined ? [] : ['data' as const]),
    ]),
    slos: line.integrations.metrics?.slos ?? new Map(),
    rules: line.integrations.metrics?.rules,
    async ruleFiles() {
      const { RuleFilesReader } = await import('./clients/rule-files/reader.ts');
      return new RuleFilesReader(ruleFolderOf(line));
    },
    async prometheus() {
      const endpoint = await endpointOf('prometheus', { through });
      const { PrometheusReader } = await import('./clients/prometheus/reader.ts');
      return new PrometheusReader(endpoint, { signal });
    },
    async vmalert() {
      const endpoint = await endpointOf('vmalert', { through });
      const { VmalertReader } = await import('./clients/prometheus/vmalert.ts');
      return new VmalertReader(endpoint, { signal });
    },
    async alertmanager() {
      const endpoint = await endpointOf('alertmanager', { through });
      const { AlertmanagerReader } = await import('./clients/alertmanager/reader.ts');
      return new AlertmanagerReader(endpoint, { signal });
    },
    async grafana() {
      const endpoint = await endpointOf('grafana', { through });
      const { GrafanaReader } = await import('./clients/grafana/reader.ts');
      return new GrafanaReader(endpoint, { signal });
    },
    async loki() {
      const endpoint = await endpointOf('loki', { through });
      const { LokiReader } = await import('./clients/loki/reader.ts');
      return new LokiReader(endpoint, { signal });
    },
    async backups() {
      const { backups } = line.integrations;
      if (backups === undefined) throw notConfigured(line.environment, 'backups');
      return backupSystem({ ...line, backups, signal });
    },
    async data() {
      const { data } = line.integrations;
      if (data === undefined) throw notConfigured(line.environment, 'data');
      return dataSystem({
        ...line,
        services: data,
        through,
        endpoint: place => endpointAt(place, { through }),
      });
    },
    async schedules() {
      const store = await line.store();
      const schedules = store.schedulesOf(line.environment);
      return { list: () => schedules.list(), lastTick: () => store.moments.lastTurn(line.environment) };
    },
  });
  return {
    reading,
    changing: call => ({
      ...reading(call),
      schedulesWriter: async () => (await line.store()).schedulesOf(line.environment),
      async ruleFilesWriter() {
        const { RuleFilesWriter } = await import('./clients/rule-files/writer.ts');
        return new RuleFilesWriter(ruleFolderOf(line));
      },
      async ruleReloader() {
        const evaluator = places.has('vmalert') ? 'vmalert' : 'prometheus';
        const endpoint = await endpointOf(evaluator, { through: call.through, changing: true });
        const { PrometheusWriter } = await import('./clients/prometheus/writer.ts');
        return new PrometheusWriter(endpoint, { signal: call.signal });
      },
      async grafanaWriter() {
        const endpoint = await endpointOf('grafana', { through: call.through, changing: true });
        const { GrafanaWriter } = await import('./clients/grafana/writer.ts');
        return new GrafanaWriter(endpoint, { signal: call.signal });
      },
      async alertmanagerWriter() {
        const endpoint = await endpointOf('alertmanager', { through: call.through, changing: true });
        const { AlertmanagerWriter } = await import('./clients/alertmanager/writer.ts');
        return new AlertmanagerWriter(endpoint, { signal: call.signal });
      },
    }),
  };
}

function ruleFolderOf({ environment, integrations }: SystemsLine): string {
  const rules = integrations.metrics?.rules;
  if (rules?.in !== 'directory') throw notConfigured(environment, 'rules');
  return rules.directory;
}

function placesOf({ metrics, logs }: Integrations): Map<EndpointSystem, EndpointConfig> {
  const named: [EndpointSystem, EndpointConfig | undefined][] = [
    ...metricsSystems.map(name => [name, metrics?.[name]] satisfies [EndpointSystem, unknown]),
    ...logsSystems.map(name => [name, logs?.[name]] satisfies [EndpointSystem, unknown]),
  ];
  return new Map(named.flatMap(([name, place]) => (place === undefined ? [] : [[name, place]])));
}

/** The Services of the cluster that the configuration leads to: no other is asked through it. */
export function servicesOf(integrations: Integrations): Extract<EndpointConfig, { via: 'service' }>[] {
  return [...placesOf(integrations).values(), ...endpointsOf(integrations.data)].filter(
    place => place.via === 'service',
  );
}

async function openDirect(
  place: Extract<EndpointConfig, { via: 'url' }>,
  line: SystemsLine,
): Promise<Endpoint> {
  const { DirectEndpoint } = await import('./http/direct-endpoint.ts');
  const { caFile, proof, tenant } = place;
  const authorization = async (): Promise<{ authorization?: string }> => {
    switch (proof.how) {
      case 'none':
        return {};
      case 'token':
        return { authorization: `Bearer ${await learntSecret(proof.token, line)}` };
      case 'password': {
        const pair = Buffer.from(`${proof.user}:${await learntSecret(proof.password, line)}`).toString(
          'base64',
        );
        line.known.learn(pair);
        return { authorization: `Basic ${pair}` };
      }
    }
  };
  return new DirectEndpoint({
    url: new URL(place.url),
    userAgent: line.userAgent,
    ...(tenant === undefined ? {} : { tenant }),
    proof: async () => ({
      ...(await authorization()),
      ...(tenant === undefined ? {} : { 'x-scope-orgid': tenant }),
    }),
    ...(caFile === undefined ? {} : { ca: () => readAuthorities(caFile) }),
  });
}

async function readAuthorities(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const why = systemCode(error) ?? 'unknown';
    throw new VigieError('INVALID_CONFIG', `The authorities in ${file} cannot be read (${why}).`, {
      hint: 'Mend the path under ca of the endpoint in vigie.yaml, or the rights of the file.',
      details: { file },
    });
  }
}

/** What a place without a cluster is known by: where its systems are, and who we are there. */
export function identityOf({
  environment,
  integrations,
}: Pick<SystemsLine, 'environment' | 'integrations'>): ClusterIdentity {
  const connection = sha256Hex(canonicalJson({ v: 2, integrations: placeFacts(integrations) ?? null }));
  return {
    uid: `none-${connection.slice(0, 16)}`,
    connection,
    user: '',
    server: `no cluster (${environment})`,
  };
}
