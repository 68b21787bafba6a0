import { VigieError } from '../../core/errors.ts';
import { cleanLine } from '../../core/text.ts';
import { type Trusted, trusted } from '../../core/trusted-text.ts';
import type { Command, Runner, Running } from '../../processes/runner.ts';
import { takesInputEnd } from './exec-wire.ts';
import { type KubeExecutor, refuseInput } from './executor.ts';
import { endedBy, type LineEnd, PodLine } from './pod-line.ts';
import { environmentText, podShellScript, type ShellWord } from './pod-shell.ts';

/** A container that programs run in. */
export interface PodPlace {
  pod: { name: string; namespace: string };
  container: string;
}

/** For a node to start a shell, and for it to read some variables: a busy node takes seconds. */
const startMs = 60_000;
/** Of the shell's own complaint that goes into a message. */
const saidChars = 200;
/** The longest word of the shell and its line end. */
const wordBytes = 16;

/**
 * Runs programs in one container by exec; needs `sh` there. Input needs Kubernetes 1.30: before that it has no end. What is
 * stopped is left: its line is closed, and a program that neither reads nor prints may go on in the pod.
 */
export class PodRunner implements Runner {
  readonly where: string;
  readonly #executor: KubeExecutor;
  readonly #place: PodPlace;

  constructor(executor: KubeExecutor, place: PodPlace) {
    this.#executor = executor;
    this.#place = place;
    this.where = `Pod/${place.pod.name} in ${place.pod.namespace}, container ${place.container}`;
  }

  async start(command: Command): Promise<Running> {
    const { argv, folder = '', stdin, signal } = command;
    const [program] = argv;
    if (signal.aborted)
      throw new VigieError('CANCELLED', `${program} was not started: the call was stopped.`);
    const ahead = environmentText({ LC_ALL: 'C.UTF-8', ...command.env, ...command.secrets });
    const input = stdin === undefined ? 'none' : 'input';
    const socket = await this.#executor.open({
      ...this.#place,
      command: ['sh', '-c', podShellScript, 'sh', input, folder, ...argv],
      stdin: true,
      signal,
    });
    if (stdin !== undefined && !takesInputEnd(socket)) throw refuseInput(socket, this.#place);
    const line = new PodLine(socket, command);
    void line.tell(ahead);
    const word = await firstWord(line);
    if (word !== 'started') {
      const end = await line.closed;
      throw this.#notStarted(word, { program, folder, end, said: cleanLine(line.stderr(), saidChars) });
    }
    // How it fares, the line's own end tells.
    if (stdin !== undefined) void line.feed(stdin);
    const ended = line.closed.then(end =>
      endedBy(end, { what: `the line to ${program} in ${this.where}`, stderr: line.stderr() }),
    );
    // Whoever fails on the way may never ask.
    ended.catch(() => undefined);
    return { stdout: line.stdout, discard: () => void line.stdout.resume(), ended };
  }

  #notStarted(
    word: string,
    { program, folder, end, said }: { program: string; folder: string; end: LineEnd; said: string },
  ): VigieError {
    const refused = (why: string, hint: Trusted): VigieError =>
      new VigieError('NOT_STARTED', `${program} could not be started in ${this.where}: ${why}.`, {
        hint,
        details: { program },
      });
    if (word === ('missing' satisfies ShellWord))
      return refused(
        'it is not installed there',
        trusted`Name a container that has it: run.pod.container of the set.`,
      );
    if (word === ('folder' satisfies ShellWord))
      return refused(
        `its folder ${folder} cannot be entered`,
        trusted`Name a folder that is there: scratch of the set.`,
      );
    if (end === undefined)
      return new VigieError(
        'BAD_RESPONSE',
        `The line to ${this.where} broke off before ${program} had begun.`,
        {
          details: { outcomeUnknown: true },
        },
      );
    if ('left' in end)
      return end.left === 'stopped'
        ? new VigieError('CANCELLED', `${program} was stopped before it had begun in ${this.where}.`)
        : new VigieError('TIMEOUT', `${program} did not begin in its time in ${this.where}.`);
    const why =
      end.how === 'failed' ? end.why : `its shell ended with ${end.code}${said === '' ? '' : `: ${said}`}`;
    return refused(
      why,
      trusted`The container needs a shell: name one that has it, run.pod.container of the set.`,
    );
  }
}

/** What the shell says first; all that follows stays in stdout. */
async function firstWord(line: PodLine): Promise<string> {
  const { stdout } = line;
  const timer = setTimeout(() => line.leave('deadline'), startMs);
  let said = Buffer.alloc(0);
  try {
    for (;;) {
      const end = said.indexOf('\n');
      if (end >= 0) {
        if (end + 1 < said.length) stdout.unshift(said.subarray(end + 1));
        return said.subarray(0, end).toString('utf8');
      }
      // Something else than our shell speaks.
      if (said.length > wordBytes) {
        line.leave('stopped');
        return '';
      }
      const chunk: unknown = stdout.read();
      if (Buffer.isBuffer(chunk)) said = Buffer.concat([said, chunk]);
      else if (stdout.readableEnded || stdout.destroyed) return '';
      else await readable(line);
    }
  } finally {
    clearTimeout(timer);
    if (said.indexOf('\n') < 0) stdout.resume();
  }
}

function readable({ stdout }: PodLine): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      stdout.off('readable', done);
      stdout.off('end', done);
      stdout.off('close', done);
      resolve();
    };
    stdout.on('readable', done);
    stdout.on('end', done);
    stdout.on('close', done);
  });
}
