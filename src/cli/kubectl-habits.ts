import { VigieError } from '../core/errors.ts';
import { trusted } from '../core/trusted-text.ts';

type Habits = Readonly<Record<string, string | undefined>>;

// Where no namespace is named, all that the environment covers are meant.
const everywhere: Habits = { '-A': undefined, '--all-namespaces': undefined };
const selecting: Habits = { '--selector': '--label-selector' };
const waiting: Habits = { '--timeout': '--wait' };

/**
 * By the command: flags that fingers know from kubectl, and the same of Vigie; undefined: what it asks for is so anyway.
 * A command whose words may be those of somebody else's program has none.
 */
export const habits: ReadonlyMap<string, Habits> = new Map([
  ['list', { ...everywhere, ...selecting }],
  ['events', everywhere],
  ['top', { ...everywhere, ...selecting }],
  ['logs', { '--tail': '--tail-lines' }],
  ['apply', waiting],
  ['scale', waiting],
  ['rollout', waiting],
  ['delete', { ...selecting, ...waiting }],
  [
    'node',
    {
      ...waiting,
      // Pods of DaemonSets always stay.
      '--ignore-daemonsets': undefined,
      '--delete-emptydir-data': '--delete-local-data',
    },
  ],
]);

/** Commands of kubectl that are actions of one of ours. */
const commands: ReadonlyMap<string, readonly string[]> = new Map(
  ['cordon', 'uncordon', 'drain'].map(action => [action, ['node', action]]),
);

/** A command line with kubectl's commands and flags in Vigie's own words. @throws VigieError INVALID_INPUT for several kinds at once */
export function inOwnWords(typed: readonly string[]): string[] {
  const [family = '', command = '', ...words] = typed;
  const ours = family === 'k8s' ? commands.get(command) : undefined;
  const argv = ours === undefined ? typed : [family, ...ours, ...words];
  const verb = argv[1] ?? '';
  const known = family === 'k8s' ? habits.get(verb) : undefined;
  if (known === undefined) return [...argv];
  refuseSeveralKinds(argv);
  const end = argv.indexOf('--');
  const [own, others] = end < 0 ? [argv, []] : [argv.slice(0, end), argv.slice(end)];
  return [...own.flatMap(word => translated(word, known)), ...others];
}

function translated(word: string, known: Habits): string[] {
  const [flag = '', ...value] = word.split('=');
  if (!Object.hasOwn(known, flag)) return [word];
  const ours = known[flag];
  // `--ignore-daemonsets=false` asks for what there is not: it stays, and is refused as unknown.
  if (ours === undefined) return value.length === 0 || value.join('=') === 'true' ? [] : [word];
  return [[ours, ...value].join('=')];
}

function refuseSeveralKinds([_family, verb, kinds]: readonly string[]): void {
  if (verb !== 'list' || kinds === undefined || kinds.startsWith('-') || !kinds.includes(',')) return;
  const [first = ''] = kinds.split(',');
  throw new VigieError('INVALID_INPUT', 'vigie k8s list takes one kind at a time', {
    hint: trusted`vigie k8s list ${first}`,
  });
}
