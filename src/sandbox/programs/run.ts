import type { JsonObject } from '../../core/json.ts';
import { containerNamed } from '../../kubernetes/pod-containers.ts';
import { behaviourOf } from '../world.ts';
import { basics } from './basics.ts';
import { Files, layerOf } from './files.ts';
import { network } from './network.ts';
import type { Execution, Process, Program } from './program.ts';
import { surroundingsOf } from './surroundings.ts';
import { tar } from './tar.ts';

const programs = new Map<string, Program>(Object.entries({ ...basics, ...network, tar, sh }));
// Where the programs lie, for whoever names one by its path.
const folders = /^\/(?:usr\/(?:local\/)?)?s?bin\//;

/** Runs a command in a container of the model; `not found`: its image has no such program. */
export async function runProgram(
  argv: readonly string[],
  execution: Execution,
): Promise<number | 'not found'> {
  const [name = '', ...args] = argv;
  const program = programs.get(name.replace(folders, ''));
  if (program === undefined || isLacking(execution, name)) return 'not found';
  const { env, files } = surroundingsOf(execution);
  const layer = layerOf(execution.cluster, execution.instance);
  return program({ ...execution, args, env, files: new Files(files, layer) });
}

/** Whether the world says what programs the image has, and this is none of them. */
function isLacking({ cluster, pod, container }: Execution, name: string): boolean {
  const { image = '' } = containerNamed(pod, container) ?? {};
  return behaviourOf(cluster.world, image).commands?.includes(name) === false;
}

/** A shell of one simple command: quotes count, and nothing else is read. */
function sh(process: Process): number | Promise<number> {
  const [option, line] = process.args;
  const words = option === '-c' && line !== undefined ? wordsOf(line) : undefined;
  if (words === undefined) {
    process.error('sh: the sandbox simulates no shell: sh -c takes one command with plain or quoted words\n');
    return 2;
  }
  return runProgram(words, process).then(end => {
    if (end !== 'not found') return end;
    process.error(`sh: ${words[0] ?? ''}: not found\n`);
    return 127;
  });
}

// Blanks, plain letters, and what quotes hold: no letter begins two of them, so a line is read once.
const piece = /(\s+)|([^\s'"|&;<>()$`\\*?[\]{}~#!]+)|'([^']*)'|"([^"$`\\]*)"/gy;
/** A command that a person or a manifest gives to a shell is shorter. */
const longestLineChars = 8_192;

/** The words of a simple command; undefined for what a shell would have to work out. */
function wordsOf(line: string): string[] | undefined {
  if (line.length > longestLineChars) return undefined;
  const words: string[] = [];
  let word: string | undefined;
  let read = 0;
  for (const [whole, blank, plain, single, double] of line.matchAll(piece)) {
    read += whole.length;
    if (blank === undefined) word = (word ?? '') + (plain ?? single ?? double ?? '');
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (word !== undefined) words.push(word);
  return read === line.length && words.length > 0 ? words : undefined;
}

/** What containerd answers for a program that it cannot start. */
export function failedToStart(argv: readonly string[], containerId: string): JsonObject {
  const [name = ''] = argv;
  const why = name.includes('/')
    ? `stat ${name}: no such file or directory`
    : 'executable file not found in $PATH';
  const id = containerId.replace(/^.*\/\//, '');
  const message = `Internal error occurred: Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "${id}": OCI runtime exec failed: exec failed: unable to start container process: exec: ${JSON.stringify(name)}: ${why}`;
  return {
    metadata: {},
    status: 'Failure',
    message,
    reason: 'InternalError',
    details: { causes: [{ message: message.replace('Internal error occurred: ', '') }] },
    code: 500,
  };
}
