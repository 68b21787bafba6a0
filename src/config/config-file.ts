import type * as z from 'zod';
import { VigieError } from '../core/errors.ts';
import { nearestNames } from '../core/nearest.ts';
import { SecretReference } from '../core/secret-reference.ts';
import { type ParsedDocument, parseDocuments } from '../core/strict-yaml.ts';
import type { Cluster, EnvironmentConfig } from './environment-config.ts';
import { integrationKeys, readIntegrations } from './integrations/integrations.ts';
import { checkSharedPlaces } from './integrations/shared-places.ts';
import { misplacedKey } from './misplaced-key.ts';
import { readOwned } from './owned-file.ts';
import type { Person } from './people.ts';
import { type PlaybooksConfig, readPlaybooks } from './playbooks-config.ts';
import { configSchema, type EnvironmentText, policyOf } from './schema.ts';
import { readStore, type StoreConfig } from './store-config.ts';
import { readTriggers, type TriggersConfig } from './triggers-config.ts';
import { readWitness, type WitnessConfig } from './witness-config.ts';

/** One vigie.yaml, read. */
export interface ConfigFile {
  file: string;
  people: Map<string, Person>;
  environments: EnvironmentConfig[];
  store: StoreConfig;
  witness: WitnessConfig;
  playbooks: PlaybooksConfig;
  triggers: TriggersConfig;
}

/**
 * Reads one vigie.yaml; undefined when there is none.
 * @throws VigieError INVALID_CONFIG with `file:line:column`, never with the line itself
 */
export async function readConfigFile(
  file: string,
  rule: {
    owner: 'self-or-root' | 'root';
    /** Whose people and environments it may speak of besides its own. */
    floor?: ConfigFile | undefined;
  },
): Promise<ConfigFile | undefined> {
  const owned = await readOwned(file, rule);
  if (owned === undefined) return undefined;
  const document = await parseOne(file, owned.text);
  const parsed = configSchema.safeParse(document.document);
  if (!parsed.success) throw schemaError({ file, document }, parsed.error);
  const fail = (path: readonly PropertyKey[], problem: string): never => {
    throw located({ file, document }, { path, problem });
  };
  const { people, environments } = parsed.data;
  const read = Object.entries(environments).map(([name, text]) =>
    readEnvironment({ name, text }, (path, problem) => fail(['environments', name, ...path], problem)),
  );
  checkSharedPlaces(read, fail);
  const own = new Map<string, Person>(
    Object.entries(people).map(([name, { groups, logins }]) => [
      name,
      { groups, ...(logins === undefined ? {} : { logins }) },
    ]),
  );
  checkLogins(own, fail);
  const everybody = [...own.values(), ...(rule.floor?.people.values() ?? [])];
  checkGroups({ environments, groups: new Set(everybody.flatMap(person => person.groups)) }, fail);
  const store = readStore(parsed.data.store, (path, problem) => fail(['store', ...path], problem));
  const witness = readWitness(parsed.data.witness, (path, problem) => fail(['witness', ...path], problem));
  const known = [...read, ...(rule.floor?.environments ?? [])].map(({ name }) => name);
  const playbooks = readPlaybooks(parsed.data.playbooks, {
    environments: [...new Set(known)],
    fail: (path, problem) => fail(['playbooks', ...path], problem),
  });
  const triggers = readTriggers(parsed.data.triggers, {
    environments: [...new Set(known)],
    fail: (path, problem) => fail(['triggers', ...path], problem),
  });
  return { file, people: own, environments: read, store, witness, playbooks, triggers };
}

type Fail = (path: readonly PropertyKey[], problem: string) => never;

async function parseOne(file: string, text: string): Promise<ParsedDocument> {
  let documents: ParsedDocument[];
  try {
    documents = await parseDocuments(text);
  } catch (error) {
    if (!(error instanceof VigieError) || error.code !== 'INVALID_MANIFEST') throw error;
    // `Line 3, column 5: a key is given twice.` becomes `vigie.yaml:3:5: a key is given twice.`
    const place = error.message.replace(
      /^Line (\d+), column (\d+)/,
      (_, line, column) => `${file}:${line}:${column}`,
    );
    throw new VigieError('INVALID_CONFIG', place, { details: { ...error.details, file } });
  }
  const [document, second] = documents;
  if (second !== undefined) {
    throw new VigieError('INVALID_CONFIG', `${file}:${second.line}:1: only one document may stand here.`, {
      details: { file, line: second.line },
    });
  }
  const start = () => ({ line: 1, column: 1 });
  return document ?? { document: {}, line: 1, at: start, markAt: start };
}

function readEnvironment(
  { name, text }: { name: string; text: EnvironmentText },
  fail: Fail,
): EnvironmentConfig {
  const secrets = new Map<string, SecretReference>();
  for (const [alias, written] of Object.entries(text.secrets)) {
    secrets.set(
      alias,
      SecretReference.parse(written) ??
        fail(['secrets', alias], 'must be env:NAME or file:/absolute/path, never the value itself'),
    );
  }
  return {
    name,
    cluster: clusterOf(text, fail),
    namespaces: text.kube?.namespaces,
    clusterScoped: text.kube?.clusterScoped ?? text.sandbox !== undefined,
    policy: policyOf(text.policy),
    secrets,
    integrations: readIntegrations(text, { secrets, fail }),
  };
}

function clusterOf({ kube, sandbox, ...others }: EnvironmentText, fail: Fail): Cluster {
  if (kube !== undefined && sandbox !== undefined) {
    return fail(['sandbox'], 'an environment is a cluster (kube) or a sandbox, never both');
  }
  if (sandbox !== undefined) return { kind: 'sandbox', world: sandbox.world };
  if (kube === undefined) {
    const named = Object.keys(integrationKeys).some(key => Object.hasOwn(others, key));
    return named
      ? { kind: 'none' }
      : fail(
          [],
          `an environment needs kube or sandbox, or one of ${Object.keys(integrationKeys).join(', ')}`,
        );
  }
  const { context, kubeconfig, insecureSkipTlsVerify } = kube;
  return {
    kind: 'kube',
    context,
    insecureSkipTlsVerify,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
  };
}

/** Four eyes compare persons: a login that could be two would let one of them be both. */
function checkLogins(people: ReadonlyMap<string, Person>, fail: Fail): void {
  const taken = new Map([...people.keys()].map(name => [name, name]));
  for (const [name, { logins }] of people) {
    for (const [index, login] of (logins ?? []).entries()) {
      const owner = taken.get(login);
      if (owner !== undefined && owner !== name)
        fail(
          ['people', name, 'logins', index],
          login === owner ? `${login} is a person of that name` : `${login} is ${owner} already`,
        );
      taken.set(login, name);
    }
  }
}

/** A misspelt group would leave a ticket that nobody may approve. */
function checkGroups(
  config: { environments: { [name: string]: EnvironmentText }; groups: ReadonlySet<string> },
  fail: Fail,
): void {
  const { groups } = config;
  for (const [name, { policy }] of Object.entries(config.environments)) {
    for (const level of ['low', 'medium', 'high'] as const) {
      for (const [index, group] of (policy.approvers[level] ?? []).entries()) {
        if (groups.has(group)) continue;
        fail(
          ['environments', name, 'policy', 'approvers', level, index],
          `nobody under people is in the group ${group}${suggestion(group, groups)}`,
        );
      }
    }
  }
}

interface Source {
  file: string;
  document: ParsedDocument;
}

function schemaError(source: Source, error: z.ZodError): VigieError {
  // A misspelt key is often missing by its right name as well.
  const issue = error.issues.find(({ code }) => code === 'unrecognized_keys') ?? error.issues[0];
  if (issue === undefined) return located(source, { path: [], problem: 'it is not as expected' });
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    return located(source, {
      path: [...issue.path, key],
      problem: misplacedKey(key, issue.path),
    });
  }
  if (issue.code === 'invalid_key') {
    const inner = issue.issues[0]?.message ?? 'is not a name';
    return located(source, { path: issue.path, problem: `the name ${inner}` });
  }
  return located(source, { path: issue.path, problem: issue.message });
}

function located(
  { file, document }: Source,
  fault: { path: readonly PropertyKey[]; problem: string },
): VigieError {
  const { line, column } = document.at(fault.path);
  const field = fault.path.map(String).join('.');
  return new VigieError(
    'INVALID_CONFIG',
    `${file}:${line}:${column}: ${field === '' ? '' : `${field}: `}${fault.problem}.`,
    {
      hint: 'Mend the file; every key: docs/guides/configuration.md',
      details: { file, line, column, field },
    },
  );
}

function suggestion(wanted: string, names: Iterable<string>): string {
  const nearest = nearestNames(wanted, names);
  return nearest.length === 0 ? '' : ` (did you mean ${nearest.join(' or ')}?)`;
}
