import { memberOf, textOf } from '../../core/json.ts';
import { type Address, addressesIn, hostAndPort, isHost } from '../../kubernetes/addresses-in-text.ts';
import type { Container } from '../../kubernetes/kinds/pod.ts';
import type { PodSet } from '../pod-sets.ts';
import type { Snapshot } from '../snapshot.ts';

/** An address that the settings of a container name: it means to connect there. */
export interface NamedAddress extends Address {
  set: PodSet;
  container: string;
  /** Where it is written: `spec.template.spec.containers[0].env[1].value`, `data.URL`. */
  at: string;
  /** What is written there. */
  text: string;
  /** Where it is written, if not in the workload itself. */
  configMap?: string;
  /** The variable whose value it is. */
  variable?: string;
  /** The setting beside it that has the port: `REDIS_PORT`. */
  portSetting?: Setting;
  /** Whether it certainly is a host: a URL, or the value of a setting that is called one. */
  sure: boolean;
}

/** A setting: a variable, an argument, a key of a ConfigMap. */
interface Setting {
  name: string;
  value: string;
  at: string;
  container: string;
  configMap?: string;
  variable?: string;
}

const known = new WeakMap<Snapshot, readonly NamedAddress[]>();

/** The addresses in the variables, arguments and ConfigMaps of everything that makes pods. Values of Secrets are not read. */
export function namedAddresses(snapshot: Snapshot): readonly NamedAddress[] {
  const before = known.get(snapshot);
  if (before !== undefined) return before;
  const found = snapshot.podSets.flatMap(set => addressesOf(set, snapshot));
  known.set(snapshot, found);
  return found;
}

function addressesOf(set: PodSet, snapshot: Snapshot): NamedAddress[] {
  const lists = [
    { at: `${set.at}.initContainers`, containers: set.spec.initContainers ?? [] },
    { at: `${set.at}.containers`, containers: set.spec.containers },
  ];
  return lists.flatMap(({ at, containers }) =>
    containers.flatMap((container, index) => {
      const settings = settingsOf(container, { at: `${at}[${index}]`, namespace: set.namespace, snapshot });
      return settings.flatMap(setting =>
        addressesOfSetting(setting, settings).map(each => ({ ...each, set })),
      );
    }),
  );
}

type Found = Omit<NamedAddress, 'set'>;

function addressesOfSetting(setting: Setting, all: readonly Setting[]): Found[] {
  const { name, value: text, at, container, configMap, variable } = setting;
  const place = {
    at,
    text,
    container,
    ...(configMap === undefined ? {} : { configMap }),
    ...(variable === undefined ? {} : { variable }),
  };
  const isNamedHost =
    /(?:host|hosts|hostname|addr|address|server|servers|endpoint|url|uri|dsn|brokers?|service|upstream|target|nodes)$/i.test(
      name,
    );
  // What a program listens on is no place it connects to.
  if (/(?:listen|bind|advertis|external|public|allowed|origin|no_?proxy)/i.test(name)) return [];
  const found = addressesIn(text);
  if (found.length > 0)
    return found.map(each => ({ ...each, ...place, sure: each.scheme !== undefined || isNamedHost }));
  if (!isNamedHost || !isHost(text) || !/[a-z]/i.test(text)) return [];
  const portSetting = portBeside(name, all);
  const port = portSetting === undefined ? {} : { port: Number(portSetting.value), portSetting };
  return [{ host: text, ...place, sure: true, ...port }];
}

/** `REDIS_PORT` for `REDIS_HOST`. */
function portBeside(name: string, all: readonly Setting[]): Setting | undefined {
  const stem = name.replace(/(?:host|hostname|addr|address|server|service)$/i, '').toLowerCase();
  return all.find(each => each.name.toLowerCase() === `${stem}port` && /^\d{1,5}$/.test(each.value));
}

function settingsOf(
  container: Container,
  { at, namespace, snapshot }: { at: string; namespace: string; snapshot: Snapshot },
): Setting[] {
  const { name: own, env = [], envFrom = [] } = container;
  const fromMap = (configMap: string, key?: string): Setting[] => {
    const data = snapshot.find('ConfigMap', { name: configMap, namespace })?.data ?? {};
    return Object.entries(data)
      .filter(([each, value]) => typeof value === 'string' && (key === undefined || each === key))
      .map(([each, value]) => ({ name: each, value, at: `data.${each}`, container: own, configMap }));
  };
  return [
    ...envFrom.flatMap(from => {
      const prefix = textOf(from, 'prefix');
      const map = textOf(memberOf(from, 'configMapRef'), 'name');
      return map === ''
        ? []
        : fromMap(map).map(each => ({
            ...each,
            name: `${prefix}${each.name}`,
            variable: `${prefix}${each.name}`,
          }));
    }),
    ...env.flatMap((entry, index): Setting[] => {
      const name = textOf(entry, 'name');
      const ref = memberOf(memberOf(entry, 'valueFrom'), 'configMapKeyRef');
      if (ref !== undefined)
        return fromMap(textOf(ref, 'name'), textOf(ref, 'key')).map(each => ({
          ...each,
          name,
          variable: name,
        }));
      const value = textOf(entry, 'value');
      return value === ''
        ? []
        : [{ name, value, at: `${at}.env[${index}].value`, container: own, variable: name }];
    }),
    ...argumentsOf(container, at),
  ];
}

/** `--db-host=postgres`, `--db-host postgres`, and what a shell line runs: `nc -z db 5432`. */
function argumentsOf({ name: own, command = [], args = [] }: Container, at: string): Setting[] {
  const words = [
    ...command.map((text, index) => ({ text, at: `${at}.command[${index}]` })),
    ...args.map((text, index) => ({ text, at: `${at}.args[${index}]` })),
  ];
  const waits = words.some(({ text }) => /wait-?(?:for|4)/.test(text));
  return words.flatMap(({ text, at: place }, index): Setting[] => {
    const before = words[index - 1]?.text ?? '';
    const [, flag = '', value = ''] = /^--?([A-Za-z0-9_.-]+)=(.+)$/s.exec(text) ?? [];
    if (flag !== '') return [{ name: flag, value, at: place, container: own }];
    // What a script waits for it connects to.
    const isFlag = /^--?[A-Za-z0-9_.-]+$/.test(before) && before !== '-c';
    const name = isFlag ? before.replace(/^-+/, '') : waits ? 'address' : '';
    return [
      { name, value: text, at: place, container: own },
      ...dialled(text).map(value => ({ name: 'address', value, at: place, container: own })),
    ];
  });
}

// A script in an argument; more is read in part.
const scriptChars = 8_192;

function dialled(text: string): string[] {
  const commands = text.slice(0, scriptChars).split(/[;&|\n]+/);
  return commands.flatMap(command => {
    const words = command.trim().split(/\s+/);
    const at = words.findIndex(word =>
      ['nc', 'telnet', 'pg_isready', 'nslookup', 'mysqladmin'].includes(word),
    );
    if (at < 0) return [];
    const rest = words.slice(at + 1);
    const after = (flag: string) => rest[rest.indexOf(flag) + 1] ?? '';
    if (rest.includes('-h')) return [rest.includes('-p') ? `${after('-h')}:${after('-p')}` : after('-h')];
    const place = rest.findIndex(word => isHost(word) && /[a-z]/i.test(word));
    const [host = '', port = ''] = place < 0 ? [] : rest.slice(place);
    if (host === '') return [];
    return [hostAndPort(`${host}:${port}`) === undefined ? host : `${host}:${port}`];
  });
}
