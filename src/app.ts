import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { OpenOptions } from './cli/program.ts';
import { assuranceInProcess } from './config/assurance.ts';
import type { Config } from './config/config.ts';
import { familiesOf } from './config/integrations/integrations.ts';
import { personBehind } from './config/people.ts';
import { saidBesides } from './config/said-besides.ts';
import { Connections, type Surroundings } from './connections.ts';
import type { Worth } from './core/assurance.ts';
import { VigieError } from './core/errors.ts';
import type { Keys } from './core/keys.ts';
import { KnownSecrets } from './core/known-secrets.ts';
import { environmentFor, ownSandbox } from './environments.ts';
import { realPatience } from './pipeline/changes/patience.ts';
import type { TrustSource } from './pipeline/plugin-trust.ts';
import type { PolicyFacts, Vigie } from './pipeline/vigie.ts';
import { Witnessing } from './pipeline/witnessing.ts';
import type { Playbooks } from './playbooks.ts';
import type { Store } from './store/store.ts';
import { refuseOtherStore } from './store-place.ts';
import { createLogger, type LogLevel } from './telemetry/logger.ts';
import { toolsOf } from './tools/toolsets.ts';
import { Waking } from './waking.ts';
import { witnessSource } from './witnesses.ts';

/** Builds a whole Vigie. Nothing is opened, imported or connected before its first use. */
export async function buildVigie(options: OpenOptions, around: Surroundings): Promise<Vigie> {
  const { WatchedConfig } = await import('./config/watched-config.ts');
  const watched = await WatchedConfig.load({
    ...(options.configFile === undefined ? {} : { file: options.configFile }),
    ...(options.door === 'mcp-stdio' ? { byClient: true } : {}),
    env: around.env,
    ...(options.home === undefined ? {} : { home: options.home }),
  });
  const log = createLogger(logLevel(around.env['VIGIE_LOG']), line => process.stderr.write(line));
  const readOnly = options.readOnly === true;
  const began = watched.config;
  const { home } = began;
  // Whoever types a command, here or through a daemon, names its tool.
  const everyFamily = options.door === 'cli' || options.door === 'daemon';
  const connections = new Connections({
    home: home.dir,
    around,
    readOnly,
    keys: () => loadKeysOnce(),
  });
  const known = new Map<string, KnownSecrets>();
  const environmentsOf = (config: Config, trust: TrustSource) => {
    if (options.ownSandbox !== undefined)
      return [
        ownSandbox(options.ownSandbox, {
          connections,
          configured: config.environments,
          store: openStoreOnce,
        }),
      ];
    return config.environments.map(each => {
      const already = known.get(each.name) ?? new KnownSecrets();
      known.set(each.name, already);
      return environmentFor(each, { connections, known: already, trust });
    });
  };
  const { worthOf, lookedAt } = await worthSource(options, around);
  const { userHome } = await import('./config/home.ts');
  const configFile = options.configFile ?? (around.env['VIGIE_CONFIG'] || undefined);
  const place = {
    home: home.dir,
    userHome: userHome(around.env),
    ...(configFile === undefined ? {} : { configFile: resolve(configFile) }),
  };
  let keys: Promise<Keys> | undefined;
  let store: Promise<Store> | undefined;
  const { now } = around;
  const loadKeysOnce = () => {
    keys ??= Promise.all([import('./config/keys.ts'), import('./config/home.ts')]).then(
      async ([{ loadKeys }, { prepareHome }]) => {
        await prepareHome(home);
        return loadKeys(home);
      },
    );
    return keys;
  };
  const openStoreOnce = () => {
    store ??= openIt().catch((error: unknown) => {
      // A server that is away comes back.
      store = undefined;
      throw error;
    });
    return store;
  };
  const storePlace = async () => {
    // A demo is nobody's record, and no team's either.
    if (options.ownSandbox !== undefined) return { file: home.storeFile };
    const { storePlaceOf } = await import('./store-place.ts');
    return storePlaceOf(began, around.env);
  };
  const openIt = async () => {
    const [{ openStore }, loaded] = await Promise.all([import('./store/store.ts'), loadKeysOnce()]);
    return openStore({
      ...(await storePlace()),
      keys: loaded,
      now,
      appended: (event, change) => {
        witnessing.heard(event);
        waking.heard(event, change);
      },
    });
  };
  const witnessesOf = witnessSource({
    ...around,
    keys: loadKeysOnce,
    ...(began.store.postgres === undefined ? {} : { machine: hostname() }),
  });
  const witnessing = new Witnessing({
    // A demo is over in a minute, and nobody's record.
    witnesses: async () => (options.ownSandbox === undefined ? witnessesOf(current.config.witness) : []),
    store: openStoreOnce,
    log,
  });
  const waking = new Waking({
    changes: async () => (await openStoreOnce()).changes,
    journal: async () => (await import('./runs.ts')).openJournal(current.vigie),
    log,
  });
  let playbooks: Promise<Playbooks> | undefined;
  const openPlaybooksOnce = () => {
    playbooks ??= import('./playbooks.ts').then(
      opened =>
        new opened.Playbooks({
          // Of a step it is the playbook's author who names the tool.
          vigie: () => ({ ...current.vigie, tools: toolsOf(undefined, { readOnly }) }),
          directory: () => current.config.playbooks.directory,
        }),
    );
    return playbooks;
  };
  const vigieOf = (config: Config, worth: Worth): Vigie => {
    const { assurance } = worth;
    const families = familiesOf(config);
    const approvers = async () => {
      const { loadApprovers } = await import('./config/approvers.ts');
      return loadApprovers(config.approversFile);
    };
    const accepted = async () => {
      const { isPolicyAccepted } = await import('./pipeline/accepted-policy.ts');
      return isPolicyAccepted({ approvers, store: openStoreOnce }, config.hash);
    };
    return {
      version: around.version,
      tools: toolsOf(options.toolsets, {
        readOnly,
        commandLine: options.door === 'cli',
        configured: everyFamily ? undefined : families,
      }),
      families,
      environments: environmentsOf(config, { approvers, store: openStoreOnce, now, assurance }),
      readOnly,
      assurance,
      worth,
      lookedAt,
      place,
      inForce,
      policy: async (): Promise<PolicyFacts> => ({
        hash: config.hash,
        file: config.file ?? '(none)',
        besides: saidBesides(config),
        accepted:
          options.ownSandbox === undefined
            ? await accepted()
            : options.ownSandbox.environment?.accepted !== false,
      }),
      approvers,
      groupsOf: person => config.people.get(person)?.groups ?? [],
      peopleIn: groups =>
        [...config.people].flatMap(([name, person]) =>
          person.groups.some(group => groups.includes(group)) ? [name] : [],
        ),
      personBehind: name => personBehind(config.people, name),
      keys: loadKeysOnce,
      store: openStoreOnce,
      storePlace,
      playbooks: openPlaybooksOnce,
      witnessing,
      now,
      patience: around.patience ?? realPatience,
      log,
      close: async () => {
        // What goes on here records first what stands.
        await playbooks?.then(opened => opened.close());
        connections.close();
        await waking.settle();
        await witnessing.settle();
        await store?.then(opened => opened.close());
      },
    };
  };
  const first = await worthOf(watched.config);
  let current = { config: watched.config, worth: first, vigie: vigieOf(watched.config, first) };
  let told = '';
  async function inForce(use: 'read' | 'change'): Promise<Vigie> {
    // The sandbox of this process goes by rules of its own, which stand in no file.
    if (options.ownSandbox !== undefined) return current.vigie;
    const config = await watched.refresh().catch((error: unknown) => {
      if (use === 'change' || !(error instanceof VigieError)) throw error;
      if (told !== error.message) log.warn('config', { why: error.message, goesOn: 'reads only' });
      told = error.message;
      return current.config;
    });
    if (use === 'change') refuseOtherStore(began, config);
    // Also where the file cannot be read: what is wrong with it must hide no other hole.
    const worth = await worthOf(config);
    if (config !== current.config || worth !== current.worth)
      current = { config, worth, vigie: vigieOf(config, worth) };
    return current.vigie;
  }
  return current.vigie;
}

/** What an approval is worth, asked with each call: a daemon looks at its accounts and files again from time to time. */
async function worthSource(
  { door, sockets }: OpenOptions,
  { env, self, now }: Surroundings,
): Promise<{ worthOf: (config: Config) => Worth | Promise<Worth>; lookedAt: () => Date | undefined }> {
  if (sockets === undefined) {
    const worth = assuranceInProcess(door);
    return { worthOf: () => worth, lookedAt: () => undefined };
  }
  const { SeparationWatch } = await import('./config/separation/gather-facts.ts');
  const watch = new SeparationWatch(now);
  return {
    lookedAt: () => watch.lookedAt,
    worthOf: config =>
      watch.worth({
        config,
        agentFolder: sockets.agent,
        approveFolder: sockets.approve,
        strays: sockets.strays,
        program: self,
        env,
      }),
  };
}

function logLevel(text: string | undefined): LogLevel {
  return text === 'error' || text === 'info' || text === 'debug' ? text : 'warn';
}
