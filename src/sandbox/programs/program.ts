import type { Pod } from '../../kubernetes/kinds/pod.ts';
import type { Cluster } from '../cluster.ts';
import type { Files } from './files.ts';

/** One command in a container, while it runs. */
export interface Execution {
  cluster: Cluster;
  pod: Pod;
  /** Name of the container. */
  container: string;
  /** Which run of the container it is: what was written to its files goes with it. */
  instance: string;
  stdin: AsyncIterable<Buffer>;
  out: (bytes: Buffer | string) => void;
  error: (text: string) => void;
  /** The client is gone. */
  signal: AbortSignal;
}

/** What a program sees beside its streams. */
export interface Process extends Execution {
  /** Without the program's own name. */
  args: readonly string[];
  env: ReadonlyMap<string, string>;
  files: Files;
}

/** Runs to its end and says its exit status. */
export type Program = (process: Process) => number | Promise<number>;

/** What it writes to stderr before it ends with a status. */
export function complain(process: Process, text: string): 1 {
  process.error(`${text}\n`);
  return 1;
}

/** Letters of the options before the first other word, and the words from there on. */
export function optionsOf(args: readonly string[]): { letters: string; rest: string[] } {
  const first = args.findIndex(arg => !/^-[A-Za-z0-9]+$/.test(arg));
  const rest = first < 0 ? [] : args.slice(first);
  const letters = args.slice(0, first < 0 ? args.length : first).join('');
  return { letters: letters.replaceAll('-', ''), rest: rest[0] === '--' ? rest.slice(1) : rest };
}
