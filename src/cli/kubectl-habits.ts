import { VigieError } from '../core/errors.ts';
import { trusted } from '../core/trusted-text.ts';

/** Flags that fingers know from kubectl, and the same of Vigie; undefined: what it asks for is so anyway. */
const habits: ReadonlyMap<string, string | undefined> = new Map([
  // Where no namespace is named, all that the environment covers are meant.
  ['-A', undefined],
  ['--all-namespaces', undefined],
  ['--selector', '--label-selector'],
  ['--tail', '--tail-lines'],
  ['--timeout', '--wait'],
  // Pods of DaemonSets always stay.
  ['--ignore-daemonsets', undefined],
  ['--delete-emptydir-data', '--delete-local-data'],
]);

/** A command line with kubectl's flags in Vigie's own words. @throws VigieError INVALID_INPUT for several kinds at once */
export function inOwnWords(argv: readonly string[]): string[] {
  if (argv[0] !== 'k8s') return [...argv];
  refuseSeveralKinds(argv);
  const end = argv.indexOf('--');
  // What stands after two dashes is the command of somebody else.
  const [own, others] = end < 0 ? [argv, []] : [argv.slice(0, end), argv.slice(end)];
  return [...own.flatMap(translated), ...others];
}

function translated(word: string): string[] {
  const [flag = '', ...value] = word.split('=');
  if (!habits.has(flag)) return [word];
  const ours = habits.get(flag);
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
