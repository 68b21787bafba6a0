import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { OpenOptions } from './cli/program.ts';
import type { KubeConnection, KubeTarget } from './clients/kube/connection.ts';
import { assuranceOf } from './config/assurance.ts';
import type { Config } from './config/config.ts';
import type { Cluster, EnvironmentConfig } from './config/environment-config.ts';
import { VigieError } from './core/errors.ts';
import type { Keys } from './core/keys.ts';
import type { Policy } from './core/policy.ts';
import { KnownSecrets } from './core/redaction.ts';
import type {
  AutoApprover,
  ChangingReach,
  Environment,
  PolicyFacts,
  Reach,
  Vigie,
} from './pipeline/vigie.ts';
import type { Store } from './store/store.ts';
import { createLogger, type LogLevel } from './telemetry/logger.ts';
import { toolsOf } from './tools/toolsets.ts';

/** What the composition root needs to know of the program it is part of. */
export interface Surroundings {
  version: string;
  env: NodeJS.ProcessEnv;
  /** The words that start this program again. */
  self: readonly string[];
  now: () => Date;
}

/** Builds a whole Vigie. Nothing is opened, imported or connected before its first use. */
export async function buildVigie(options: OpenOptions, around: Surroundings): Promise<Vigie> {
  const { loadConfig } = await import('./config/config.ts');
  const config = await loadConfig({
    ...(options.configFile === undefined ? {} : { file: options.configFile }),
    ...(options.door === 'mcp-stdio' ? { byClient: true } : {}),
    env: around.env,
  });
  const log = createLogger(logLevel(around.env['VIGIE_LOG']), line => process.stderr.write(line));
  const readOnly = options.readOnly === true;
  const connections = new Connections({ config, around, readOnly });
  const environments =
    options.ownSandbox === undefined
      ? config.environments.map(each => environmentFor(each, connections))
      : [ownSandbox(options.ownSandbox, connections)];
  const { assurance } = assuranceOf({
    ourUid: process.getuid?.(),
    // On stdio, the terminal and loopback alike the asking side is an account that we cannot tell from ours.
    askingUid: undefined,
    readableByAsking: [],
    bootstrapped: false,
  });
  let keys: Promise<Keys> | undefined;
  let store: Promise<Store> | undefined;
  const { now } = around;
  const loadKeysOnce = () => {
    keys ??= Promise.all([import('./config/keys.ts'), import('./config/home.ts')]).then(
      async ([{ loadKeys }, { prepareHome }]) => {
        await prepareHome(config.home);
        return loadKeys(config.home);
      },
    );
    return keys;
  };
  const openStoreOnce = () => {
    store ??= Promise.all([import('./store/store.ts'), loadKeysOnce()]).then(([{ openStore }, loaded]) =>
      openStore({ file: config.home.storeFile, keys: loaded, now }),
    );
    return store;
  };
  const loadOwnApprovers = async () => {
    const { loadApprovers } = await import('./config/approvers.ts');
    return loadApprovers(config.approversFile);
  };
  const accepted = async (hash: string) => {
    const { isPolicyAccepted } = await import('./pipeline/accepted-policy.ts');
    return isPolicyAccepted({ approvers: loadOwnApprovers, store: openStoreOnce }, hash);
  };
  return {
    version: around.version,
    tools: toolsOf(options.toolsets, { readOnly }),
    environments,
    readOnly,
    assurance,
    policy: async (): Promise<PolicyFacts> => {
      return {
        hash: config.hash,
        file: config.file ?? '(none)',
        accepted: options.ownSandbox !== undefined || (await accepted(config.hash)),
      };
    },
    approvers: loadOwnApprovers,
    groupsOf: person => config.people.get(person)?.groups ?? [],
    keys: loadKeysOnce,
    store: openStoreOnce,
    now,
    log,
    close: async () => {
      connections.close();
      await store?.then(opened => opened.close());
    },
  };
}

/** Who sits at the terminal, or runs the process that a client started. */
export function osUser(): string {
  return userInfo().username;
}

function environmentFor(configured: EnvironmentConfig, connections: Connections): Environment {
  const { name, cluster, namespaces, clusterScoped, policy } = configured;
  const known = new KnownSecrets();
  return {
    view: {
      name,
      cluster: cluster.kind === 'kube' ? cluster.context : `sandbox: ${cluster.world}`,
      kind: cluster.kind,
      namespaces,
      clusterScoped,
      policy: { low: policy.low, medium: policy.medium, high: policy.high },
    },
    rules: policy,
    known,
    ...reachesOf({
      name,
      target: () => connections.targetOf(cluster),
      bounds: { namespaces, clusterScoped },
      known,
      secrets: configured.secrets,
      connections,
    }),
  };
}

const ownPolicy: Policy = {
  low: 'allow',
  medium: 'ask',
  high: 'ask',
  approvers: { fourEyes: false },
  elicitation: false,
  maxTargets: 5,
  ticketTtlSeconds: 3600,
  freeze: [],
  protect: [],
};

/** The environment of a sandbox that this process itself started: the only one that may answer by itself. */
function ownSandbox(sandbox: NonNullable<OpenOptions['ownSandbox']>, connections: Connections): Environment {
  const name = 'demo';
  const known = new KnownSecrets();
  const autoApprover: AutoApprover = Object.freeze({ environment: name, world: sandbox.world });
  return {
    view: {
      name,
      cluster: `sandbox: ${sandbox.world}`,
      kind: 'sandbox',
      namespaces: undefined,
      clusterScoped: true,
      policy: { low: 'allow', medium: 'ask', high: 'ask' },
    },
    rules: ownPolicy,
    known,
    autoApprover,
    ...reachesOf({
      name,
      target: async () => ({ via: 'direct', url: sandbox.url, token: sandbox.token }),
      bounds: { namespaces: undefined, clusterScoped: true },
      known,
      secrets: new Map(),
      connections,
    }),
  };
}

function reachesOf(line: {
  name: string;
  target: () => Promise<KubeTarget>;
  bounds: { namespaces: readonly string[] | undefined; clusterScoped: boolean };
  known: KnownSecrets;
  secrets: EnvironmentConfig['secrets'];
  connections: Connections;
}): Pick<Environment, 'reach' | 'change'> {
  const session = async (signal: AbortSignal) => (await line.connections.to(line)).session(signal);
  const reachOf = (opened: Awaited<ReturnType<typeof session>>): Reach => ({
    reader: opened.reader,
    identity: () => opened.identity(),
    warnings: () => opened.warnings(),
    serverTime: () => opened.serverTime(),
  });
  return {
    reach: async signal => reachOf(await session(signal)),
    change: async (signal): Promise<ChangingReach> => {
      const opened = await session(signal);
      const [previewer, writer] = await Promise.all([opened.previewer(), opened.writer()]);
      return {
        ...reachOf(opened),
        previewer,
        writer,
        secretAliases: [...line.secrets.keys()],
        secret: async alias => {
          const reference = line.secrets.get(alias);
          if (reference === undefined) throw new VigieError('SECRET', `There is no secret alias ${alias}.`);
          const { resolveSecret } = await import('./config/secrets.ts');
          const value = await resolveSecret(reference, line.connections.env);
          line.known.learn(value);
          return value;
        },
      };
    },
  };
}

/** One line to each environment's cluster, opened with its first use. */
class Connections {
  readonly #config: Config;
  readonly #around: Surroundings;
  readonly #readOnly: boolean;
  readonly #open = new Map<string, Promise<KubeConnection>>();

  constructor(input: { config: Config; around: Surroundings; readOnly: boolean }) {
    this.#config = input.config;
    this.#around = input.around;
    this.#readOnly = input.readOnly;
  }

  get env(): NodeJS.ProcessEnv {
    return this.#around.env;
  }

  async to(line: Parameters<typeof reachesOf>[0]): Promise<KubeConnection> {
    const found = this.#open.get(line.name);
    if (found !== undefined) return found;
    const opening = Promise.all([import('./clients/kube/connection.ts'), line.target()]).then(
      ([{ KubeConnection }, target]) =>
        new KubeConnection({
          target,
          bounds: line.bounds,
          readOnly: this.#readOnly,
          userAgent: `vigie/${this.#around.version}`,
          seen: (body, origin) => line.known.learnObject(body, origin),
        }),
    );
    this.#open.set(line.name, opening);
    // A failure is told to this call and tried anew by the next.
    opening.catch(() => this.#open.delete(line.name));
    return opening;
  }

  async targetOf(cluster: Cluster): Promise<KubeTarget> {
    const { env } = this.#around;
    if (cluster.kind === 'sandbox') {
      const { connectSandbox } = await import('./sandbox/daemon.ts');
      const { url, token } = await connectSandbox({
        home: this.#config.home.dir,
        world: cluster.world,
        command: [...this.#around.self, 'sandbox', 'serve-daemon', '--world', cluster.world],
      });
      return { via: 'direct', url, token };
    }
    const listed = cluster.kubeconfig ?? env['KUBECONFIG'];
    const home = env['HOME'];
    const files =
      listed !== undefined && listed !== ''
        ? listed.split(':').filter(file => file !== '')
        : home === undefined
          ? []
          : [join(home, '.kube', 'config')];
    if (files.length === 0)
      throw new VigieError('KUBECONFIG', 'There is no kubeconfig: neither KUBECONFIG nor HOME is set.', {
        hint: 'Name one: environments.NAME.kube.kubeconfig in vigie.yaml.',
      });
    return {
      via: 'kubeconfig',
      files,
      context: cluster.context,
      allowInsecure: cluster.insecureSkipTlsVerify,
    };
  }

  close(): void {
    for (const opening of this.#open.values())
      void opening.then(connection => connection.close()).catch(() => undefined);
  }
}

function logLevel(text: string | undefined): LogLevel {
  return text === 'error' || text === 'info' || text === 'debug' ? text : 'warn';
}
