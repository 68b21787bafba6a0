import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { sha256Hex } from '../core/digest.ts';
import { VigieError } from '../core/errors.ts';
import { canonicalJson } from '../core/json.ts';
import { type ConfigFile, readConfigFile } from './config-file.ts';
import { type ConfigSource, systemFolder } from './config-places.ts';
import type { EnvironmentConfig } from './environment-config.ts';
import { tighten } from './floor.ts';
import { configFolderOf, type Home, homeAt, homeOf } from './home.ts';
import { integrationFacts } from './integrations/integrations.ts';
import { environmentNameOf, readKubeContexts } from './kube-contexts.ts';
import type { Person } from './people.ts';
import type { PlaybooksConfig } from './playbooks-config.ts';
import { askAlways } from './schema.ts';
import { type StoreConfig, storeFacts } from './store-config.ts';
import { namesAny, noTriggers, type TriggersConfig, triggerFacts } from './triggers-config.ts';
import { moreWitnesses, type WitnessConfig, witnessFacts } from './witness-config.ts';
import { refuseWorkingFolder } from './working-folder.ts';

/** Everything that vigie.yaml, the approvers file and the environment variables say, read and checked. */
export interface Config {
  /** The vigie.yaml that was read; undefined: none, and the current kube context is the one environment. */
  file: string | undefined;
  /** The root-owned floor, where there is one. */
  floor: string | undefined;
  approversFile: string;
  people: ReadonlyMap<string, Person>;
  environments: readonly EnvironmentConfig[];
  /** Root's place, where root names one. */
  store: StoreConfig;
  witness: WitnessConfig;
  /** Root's folder, where root names one; so with those that may start by themselves. */
  playbooks: PlaybooksConfig;
  /** Root's, where root names any. */
  triggers: TriggersConfig;
  /** SHA-256 over the canonical effective policy, 64 hex digits. */
  hash: string;
  home: Home;
  /** What a person should know: no environment, and why. */
  hints: readonly string[];
}

/**
 * The configuration in force. `file` comes from --config; else VIGIE_CONFIG, else the user's config folder; the working
 * directory is never looked at, since whoever wrote a repository would write the policy; nor is it taken from a variable.
 * @throws VigieError INVALID_CONFIG
 */
export async function loadConfig(input: ConfigSource): Promise<Config> {
  const { env } = input;
  const variable = env['VIGIE_CONFIG'];
  if (input.file !== undefined && input.byClient === true)
    refuseWorkingFolder({ path: resolve(input.file), from: '--config' });
  if (input.file === undefined && variable !== undefined && variable !== '')
    refuseWorkingFolder({ path: variable, from: 'VIGIE_CONFIG' });
  const system = input.systemFolder ?? systemFolder;
  const floor = await readConfigFile(join(system, 'vigie.yaml'), { owner: 'root' });
  const file = await readUserFile({
    named: input.file ?? variable,
    folder: configFolderOf(env),
    floor,
  });
  const home = input.home === undefined ? homeOf(env) : homeAt(input.home);
  const playbooks = { ...file?.playbooks, ...floor?.playbooks };
  const triggers = namesAny(floor?.triggers) ? floor.triggers : (file?.triggers ?? noTriggers);
  const store = { ...file?.store, ...floor?.store };
  const { people, environments, witness, hints } = await combine({ file, floor, env });
  return {
    file: file?.file ?? floor?.file,
    floor: floor?.file,
    approversFile: await approversFileOf({ system, home, configFile: file?.file }),
    people,
    environments,
    store,
    witness,
    playbooks,
    triggers,
    hash: hashOf({ people, environments, store, witness, playbooks, triggers }),
    home,
    hints,
  };
}

async function readUserFile(wanted: {
  named: string | undefined;
  folder: string;
  floor: ConfigFile | undefined;
}): Promise<ConfigFile | undefined> {
  const { named, folder, floor } = wanted;
  const rule = { owner: 'self-or-root', floor } as const;
  if (named === undefined || named === '') return readConfigFile(join(folder, 'vigie.yaml'), rule);
  const file = resolve(named);
  const found = await readConfigFile(file, rule);
  if (found !== undefined) return found;
  throw new VigieError('INVALID_CONFIG', `There is no file ${file}.`, {
    hint: 'Name an existing one with --config or VIGIE_CONFIG, or write one: vigie init',
    details: { file },
  });
}

async function combine(found: {
  file: ConfigFile | undefined;
  floor: ConfigFile | undefined;
  env: NodeJS.ProcessEnv;
}): Promise<Pick<ConfigFile, 'people' | 'environments' | 'witness'> & { hints: string[] }> {
  const { file, floor } = found;
  const written = file !== undefined && floor !== undefined ? tighten(file, floor) : (file ?? floor);
  if (written !== undefined) {
    const witness = moreWitnesses(file?.witness ?? {}, floor?.witness ?? {});
    const hints = written.environments.length === 0 ? ['vigie.yaml names no environment.'] : [];
    return { people: written.people, environments: written.environments, witness, hints };
  }
  const { current } = await readKubeContexts(found.env);
  if (current === undefined) {
    const hint = 'There is no vigie.yaml and no current kube context: run `vigie init`, or try `vigie demo`.';
    return { people: new Map(), environments: [], witness: {}, hints: [hint] };
  }
  return { people: new Map(), environments: [contextEnvironment(current)], witness: {}, hints: [] };
}

function contextEnvironment(context: string): EnvironmentConfig {
  return {
    name: environmentNameOf(context),
    cluster: { kind: 'kube', context, insecureSkipTlsVerify: false },
    namespaces: undefined,
    clusterScoped: false,
    policy: askAlways,
    secrets: new Map(),
    integrations: {},
  };
}

/** Root's; else beside vigie.yaml; else the home's. Approvers named before there was a vigie.yaml stay in force. */
async function approversFileOf(places: {
  system: string;
  home: Home;
  configFile: string | undefined;
}): Promise<string> {
  const { system, home, configFile } = places;
  const root = join(system, 'approvers.yaml');
  if (await isThere(root, { ownerUid: 0 })) return root;
  const early = join(home.configDir, 'approvers.yaml');
  if (configFile === undefined) return early;
  const beside = join(dirname(configFile), 'approvers.yaml');
  return !(await isThere(beside)) && (await isThere(early)) ? early : beside;
}

async function isThere(file: string, wanted: { ownerUid?: number } = {}): Promise<boolean> {
  try {
    const { uid } = await stat(file);
    return wanted.ownerUid === undefined || uid === wanted.ownerUid;
  } catch {
    return false;
  }
}

function hashOf({
  people,
  environments,
  store,
  witness,
  playbooks,
  triggers,
}: Pick<ConfigFile, 'people' | 'environments' | 'store' | 'witness' | 'playbooks' | 'triggers'>): string {
  const effective = {
    v: 1,
    people: Object.fromEntries(people),
    store: storeFacts(store),
    // Whoever takes a witness away asks for the policy to be accepted anew.
    witness: witnessFacts(witness),
    // Another folder is other playbooks, of whoever may write there; what starts by itself has nobody before it.
    ...(Object.keys(playbooks).length === 0 ? {} : { playbooks }),
    ...(namesAny(triggers) ? { triggers: triggerFacts(triggers) } : {}),
    environments: environments.map(({ secrets, integrations, ...rest }) => ({
      ...rest,
      integrations: integrationFacts(integrations),
      secrets: Object.fromEntries([...secrets].map(([alias, reference]) => [alias, reference.toString()])),
    })),
  };
  return sha256Hex(canonicalJson(effective));
}
