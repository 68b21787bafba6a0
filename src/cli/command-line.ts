import { randomUUID } from 'node:crypto';
import { VigieError } from '../core/errors.ts';
import { hintOfFault, wasReplaced } from '../core/fault.ts';
import { createLogger } from '../telemetry/logger.ts';
import { brokenPipeStatus, exitStatusOfCode, interruptedStatus } from './exit-status.ts';
import { inOwnWords } from './kubectl-habits.ts';
import type { Program } from './program.ts';
import { describeFailure } from './render/answer.ts';
import { Session } from './session.ts';
import type { Terminal } from './terminal.ts';

/** Runs one command line on the given terminal and answers its exit status; never throws. */
export async function runCommandLine(
  argv: string[],
  parts: { program: Program; terminal: Terminal },
): Promise<number> {
  const session = new Session({ ...parts, words: argv });
  const status = await runInSession(argv, session);
  if (session.interrupted && status === 1) return interruptedStatus;
  return session.terminal.whenBroken.aborted && status <= 1 ? brokenPipeStatus : status;
}

async function runInSession(argv: string[], session: Session): Promise<number> {
  const { CommanderError } = await import('commander');
  const { buildTree } = await import('./tree.ts');
  try {
    const tree = await buildTree(session, argv);
    if (argv.length === 0) tree.outputHelp();
    else await tree.parseAsync(inOwnWords(argv), { from: 'user' });
    return session.status;
  } catch (error) {
    // Help and version that were asked for end with 0; anything else commander ends is a wrong command line.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return reportFailure(session, error);
  }
}

/** The one place where an error becomes text. A fault of ours shows its id alone; the log has the rest. */
function reportFailure(session: Session, error: unknown): number {
  const { terminal } = session;
  const known = error instanceof VigieError ? error : asFault(session, error);
  if (terminal.whenBroken.aborted && known.code === 'CANCELLED') return brokenPipeStatus;
  const data = {
    message: known.message,
    details: known.details,
    ...(known.hint === undefined ? {} : { hint: known.hint }),
  };
  terminal.note(describeFailure({ status: 'failed', data, text: known.message }, terminal.noteColors));
  return exitStatusOfCode(known.code);
}

function asFault(session: Session, error: unknown): VigieError {
  if (error instanceof Error && error.name === 'AbortError')
    return new VigieError('CANCELLED', 'The command was stopped before it ended.', { cause: error });
  const id = randomUUID().slice(0, 8);
  const log = session.vigie?.log ?? createLogger('error', line => session.terminal.prompt(line));
  log.error('cli.fault', {
    id,
    error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
  return new VigieError('INTERNAL', `A fault of Vigie itself, noted in its log as ${id}.`, {
    // The log's line stands right above.
    ...(wasReplaced(error) && { hint: hintOfFault(error, { daemon: false }) }),
    details: { id },
  });
}
