import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Config } from '../config.ts';
import { filesOf } from '../integrations/integrations.ts';
import { filesNamedIn, kubeconfigsOf } from './kubeconfig-paths.ts';

/** Neither more packages lie beside an installed Vigie, nor more files in a folder of it. */
const mostNames = 500;

/** A path that whoever asks must not change and, `against` reading, not even see. */
export interface GuardedPath {
  what: string;
  path: string;
  against: 'reading' | 'writing';
  /** Whose it has to be; absent: the daemon's own where nobody may read, else root's. */
  owner?: 'daemon';
}

/** What stands between whoever asks and the clusters: records, keys, rules, credentials, and the program itself. */
export async function guardedPaths(installation: {
  config: Config;
  /** Node and the main file. */
  program: readonly string[];
  env: NodeJS.ProcessEnv;
}): Promise<GuardedPath[]> {
  const { config, program, env } = installation;
  const { home } = config;
  const listed: GuardedPath[] = [
    { what: 'the folder of the store', path: home.dir, against: 'reading' },
    { what: 'the store', path: home.storeFile, against: 'reading' },
    { what: 'the key file', path: home.keyFile, against: 'reading' },
    { what: 'the tokens of HTTP clients', path: home.tokensFile, against: 'reading' },
    // Its salts do: with one and the public key, which the audit tells everybody, a passphrase can be guessed elsewhere.
    { what: 'the approvers file', path: config.approversFile, against: 'reading' },
    // Everybody may know the policy: environments_list says it.
    ...[config.file, config.floor].flatMap(path =>
      path === undefined ? [] : [{ what: 'the policy', path, against: 'writing' as const }],
    ),
    ...(await credentialPaths(config, env)),
    ...storePaths(config),
    ...witnessPaths(config),
    ...(await programPaths(program)),
  ];
  const guarded = new Map<string, GuardedPath>();
  for (const each of listed) {
    const known = guarded.get(each.path);
    // What is secret stays so when something names it that is not.
    if (known === undefined || (known.against === 'writing' && each.against === 'reading'))
      guarded.set(each.path, each);
  }
  return [...guarded.values()];
}

async function credentialPaths(config: Config, env: NodeJS.ProcessEnv): Promise<GuardedPath[]> {
  const paths: GuardedPath[] = [];
  for (const { name, cluster, secrets, integrations } of config.environments) {
    if (cluster.kind === 'kube') {
      const files = cluster.kubeconfig === undefined ? kubeconfigsOf(env) : [cluster.kubeconfig];
      for (const path of files) {
        paths.push({ what: `the kubeconfig of ${name}`, path, against: 'reading' });
        for (const file of await filesNamedIn(path, env))
          paths.push({
            what: `${file.what} of ${name}`,
            path: file.path,
            against: file.secret ? 'reading' : 'writing',
          });
      }
    }
    for (const [alias, reference] of secrets)
      if (reference.source === 'file')
        paths.push({ what: `the secret ${alias} of ${name}`, path: reference.locator, against: 'reading' });
    for (const { what, path, secret } of filesOf(integrations))
      paths.push({ what: `${what} of ${name}`, path, against: secret ? 'reading' : 'writing' });
  }
  return paths;
}

function storePaths({ store: { postgres } }: Config): GuardedPath[] {
  return postgres?.url.source === 'file'
    ? [{ what: 'the URL of the store', path: postgres.url.locator, against: 'reading' }]
    : [];
}

/** What could be rewritten there was witnessed by nobody. */
function witnessPaths({ witness: { git, https } }: Config): GuardedPath[] {
  return [
    ...(git === undefined
      ? []
      : [{ what: 'the witness in git', path: git, against: 'writing' as const, owner: 'daemon' as const }]),
    ...(https?.token?.source === 'file'
      ? [{ what: 'the token of the witness', path: https.token.locator, against: 'reading' as const }]
      : []),
    ...(https?.caFile === undefined
      ? []
      : [{ what: 'the authority of the witness', path: https.caFile, against: 'writing' as const }]),
  ];
}

/** Node, the folder of the built program with each file of it and of its folders, and the packages that lie beside it. */
async function programPaths(program: readonly string[]): Promise<GuardedPath[]> {
  const main = program.at(-1);
  if (main === undefined) return [];
  const dist = dirname(main);
  const own = dirname(dist);
  const beside = dirname(own);
  const packages = [join(own, 'node_modules'), ...(basename(beside) === 'node_modules' ? [beside] : [])];
  const built = await namesIn(dist);
  const found = [...program, dist, ...built, join(own, 'package.json'), ...packages];
  for (const folder of [...built, ...packages]) found.push(...(await namesIn(folder)));
  return found.map(path => ({ what: 'the program', path, against: 'writing' }));
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).slice(0, mostNames).map(name => join(folder, name));
  } catch {
    return [];
  }
}
