import { join } from 'node:path';
import { changingBackups } from './backup-systems.ts';
import type { KubeConnection, KubeTarget } from './clients/kube/connection.ts';
import type { MayRun } from './clients/kube/exec-plugin.ts';
import type { JournalPlace } from './clients/witness/journal.ts';
import type { EnvironmentConfig } from './config/environment-config.ts';
import type { Integrations } from './config/integrations/integrations.ts';
import type { ClusterIdentity } from './core/cluster.ts';
import { VigieError } from './core/errors.ts';
import type { Keys } from './core/keys.ts';
import type { KnownSecrets } from './core/known-secrets.ts';
import { learntSecret } from './learnt-secrets.ts';
import type { Patience } from './pipeline/changes/patience.ts';
import type { ChangingReach, Environment, Reach } from './pipeline/vigie.ts';
import type { Store } from './store/store.ts';
import { servicesOf, systemsOf } from './systems.ts';
import { notConfigured } from './toolkit/not-configured.ts';

/** What the composition root needs to know of the program it is part of. */
export interface Surroundings {
  version: string;
  env: NodeJS.ProcessEnv;
  /** The words that start this program again. */
  self: readonly string[];
  now: () => Date;
  /** Another journal than this machine's, for tests alone. */
  journal?: JournalPlace;
  /** How time passes while a cluster is waited for, for tests alone; absent: for real. */
  patience?: Patience;
}

/** What leads to one environment's cluster. */
export interface ClusterLine {
  /** The same for two environments that may share a connection; one that was configured anew gets a new one. */
  key: string;
  target: () => Promise<KubeTarget>;
  bounds: { namespaces: readonly string[] | undefined; clusterScoped: boolean };
  known: KnownSecrets;
  secrets: EnvironmentConfig['secrets'];
  connections: Connections;
  environment: string;
  /** Absent: a cluster is there to be asked who it is. */
  identity?: ClusterIdentity;
  /** What the environment has besides. */
  integrations: Integrations;
  /** What Vigie remembers; opened with its first use. */
  store: () => Promise<Store>;
}

/** The ways of an environment to its cluster, all over one connection. */
export function reachesOf(line: ClusterLine): Pick<Environment, 'reach' | 'change' | 'plugin'> {
  const session = async (signal: AbortSignal) => (await line.connections.to(line)).session(signal);
  const { environment, integrations, known, identity, store } = line;
  const { env, userAgent, keys } = line.connections;
  const systems = systemsOf({ environment, integrations, known, env, userAgent, keys, store });
  const reachOf = (opened: Awaited<ReturnType<typeof session>>, signal: AbortSignal): Reach => ({
    reader: opened.reader,
    systems: systems.reading({ signal, through: async () => opened }),
    identity: async () => identity ?? opened.identity(),
    secretAliases: [...line.secrets.keys()],
    warnings: () => opened.warnings(),
    serverTime: () => opened.serverTime(),
  });
  return {
    reach: async signal => reachOf(await session(signal), signal),
    plugin: async () => (await line.connections.to(line)).plugin(),
    change: async (signal): Promise<ChangingReach> => {
      const opened = await session(signal);
      const [previewer, writer, executor] = await Promise.all([
        opened.previewer(),
        opened.writer(),
        opened.executor(),
      ]);
      return {
        ...reachOf(opened, signal),
        systems: systems.changing({ signal, through: async () => opened }),
        previewer,
        writer,
        executor,
        backups: async () => {
          const { backups } = integrations;
          if (backups === undefined) throw notConfigured(environment, 'backups');
          return changingBackups({ environment, backups, known, env, signal, opened, session, keys });
        },
        secret: async alias => {
          const reference = line.secrets.get(alias);
          if (reference === undefined) throw new VigieError('SECRET', `There is no secret alias ${alias}.`);
          return learntSecret(reference, { known: line.known, env: line.connections.env });
        },
      };
    },
  };
}

/**
 * One connection to each environment's cluster, opened with its first use. That of an environment which was configured
 * anew meanwhile stays open until the end: a change may be on its way over it.
 */
export class Connections {
  readonly #home: string;
  readonly #around: Surroundings;
  readonly #readOnly: boolean;
  /** The installation's, read with their first use. */
  readonly keys: () => Promise<Keys>;
  readonly #open = new Map<string, Promise<KubeConnection>>();

  constructor(input: {
    home: string;
    around: Surroundings;
    readOnly: boolean;
    keys: () => Promise<Keys>;
  }) {
    this.#home = input.home;
    this.#around = input.around;
    this.#readOnly = input.readOnly;
    this.keys = input.keys;
  }

  get env(): NodeJS.ProcessEnv {
    return this.#around.env;
  }

  get userAgent(): string {
    return `vigie/${this.#around.version}`;
  }

  async to(line: ClusterLine): Promise<KubeConnection> {
    const found = this.#open.get(line.key);
    if (found !== undefined) return found;
    const opening = Promise.all([import('./clients/kube/connection.ts'), line.target()]).then(
      ([{ KubeConnection }, target]) =>
        new KubeConnection({
          target,
          bounds: line.bounds,
          readOnly: this.#readOnly,
          userAgent: this.userAgent,
          services: servicesOf(line.integrations),
          seen: (body, origin) => line.known.learnObject(body, origin),
        }),
    );
    this.#open.set(line.key, opening);
    // A failure is told to this call and tried anew by the next.
    opening.catch(() => this.#open.delete(line.key));
    return opening;
  }

  async targetOf(
    { name, cluster }: Pick<EnvironmentConfig, 'name' | 'cluster'>,
    mayRunPlugin: MayRun,
  ): Promise<KubeTarget> {
    const { env } = this.#around;
    if (cluster.kind === 'none') return { via: 'none', environment: name };
    if (cluster.kind === 'sandbox') {
      const { connectSandbox } = await import('./sandbox/daemon.ts');
      const { url, token } = await connectSandbox({
        home: this.#home,
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
      mayRunPlugin,
    };
  }

  close(): void {
    for (const opening of this.#open.values())
      void opening.then(connection => connection.close()).catch(() => undefined);
  }
}
