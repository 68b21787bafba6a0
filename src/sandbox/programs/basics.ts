import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { complain, optionsOf, type Process, type Program } from './program.ts';

/** Longer than any session lasts, and short enough for a timer. */
const longestSleepSeconds = 24 * 3600;

/** The small programs of nearly every image. */
export const basics = {
  env,
  printenv,
  cat,
  ls,
  hostname: process => say(process, `${process.pod.spec.hostname ?? process.pod.metadata.name}\n`),
  echo: process => {
    const [first, ...others] = process.args;
    return say(process, first === '-n' ? others.join(' ') : `${process.args.join(' ')}\n`);
  },
  id: process => say(process, 'uid=0(root) gid=0(root) groups=0(root)\n'),
  date,
  sleep,
  true: () => 0,
  false: () => 1,
  kill: process => complain(process, 'kill: the sandbox does not simulate signals'),
} satisfies Record<string, Program>;

function env(process: Process): number {
  if (process.args.length > 0) return complain(process, 'env: the sandbox only lists variables');
  for (const [name, value] of process.env) process.out(`${name}=${value}\n`);
  return 0;
}

function printenv(process: Process): number {
  if (process.args.length === 0) return env(process);
  const values = process.args.map(name => process.env.get(name));
  for (const value of values) if (value !== undefined) process.out(`${value}\n`);
  return values.includes(undefined) ? 1 : 0;
}

async function cat(process: Process): Promise<number> {
  let status = 0;
  for (const path of process.args.length === 0 ? ['-'] : process.args) {
    const bytes = path === '-' ? await buffer(process.stdin) : process.files.read(path)?.bytes;
    if (bytes !== undefined) process.out(bytes);
    else
      status = complain(
        process,
        `cat: ${path}: ${process.files.list(path) === undefined ? 'No such file or directory' : 'Is a directory'}`,
      );
  }
  return status;
}

function ls(process: Process): number {
  const { rest } = optionsOf(process.args);
  let status = 0;
  for (const path of rest.length === 0 ? ['/'] : rest) {
    const names = process.files.list(path) ?? (process.files.read(path) === undefined ? undefined : [path]);
    if (names === undefined) status = complain(process, `ls: ${path}: No such file or directory`);
    else for (const name of names) process.out(`${name}\n`);
  }
  return status;
}

function say({ out }: Process, text: string): 0 {
  out(text);
  return 0;
}

/** By the cluster's own clock. */
function date({ args, cluster, out }: Process): number {
  const now = new Date(cluster.clock.now());
  if (args.includes('+%s')) out(`${Math.floor(now.getTime() / 1000)}\n`);
  else out(`${now.toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) ([\d:]+) GMT$/, '$1 $3 $2 $5 UTC $4')}\n`);
  return 0;
}

/** Real seconds: whoever waits for it is no part of the cluster. */
async function sleep(process: Process): Promise<number> {
  const seconds =
    process.args[0] === 'infinity' ? longestSleepSeconds : Number(process.args[0]?.replace(/s$/, ''));
  if (!(seconds >= 0)) return complain(process, `sleep: invalid number '${process.args[0] ?? ''}'`);
  const wait = pause(Math.min(seconds, longestSleepSeconds) * 1000, undefined, { signal: process.signal });
  return wait.then(
    () => 0,
    () => 137,
  );
}
