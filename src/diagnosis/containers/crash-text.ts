import type { StateTerminated } from '../../kubernetes/kinds/pod.ts';
import type { Blame } from './last-words.ts';

export type CrashCode =
  | 'CRASH_LOOP'
  | 'CRASH_ARGUMENTS'
  | 'COMMAND_NOT_EXECUTABLE'
  | 'COMMAND_NOT_FOUND'
  | 'CRASH_ABORTED'
  | 'CRASH_KILLED'
  | 'CRASH_SEGFAULT'
  | 'CRASH_TERMINATED'
  | 'CRASH_EXITS';

interface EndText {
  code: CrashCode;
  /** After the name of a container. */
  says: string;
  question: string;
}

/** Exit codes that mean the same of every program: those of shells, and 128 plus a signal. */
const texts: ReadonlyMap<number, EndText> = new Map([
  [
    0,
    {
      code: 'CRASH_EXITS',
      says: 'ends well (exit code 0), though it is to run for ever,',
      question: 'Which command keeps it running in the foreground, or should this be a Job?',
    },
  ],
  [
    2,
    {
      code: 'CRASH_ARGUMENTS',
      says: 'ends with exit code 2 (wrong use)',
      question: 'Which arguments or configuration does it want?',
    },
  ],
  [
    126,
    {
      code: 'COMMAND_NOT_EXECUTABLE',
      says: 'calls what cannot be executed (exit code 126)',
      question: 'Which command is meant, and may it be executed?',
    },
  ],
  [
    127,
    {
      code: 'COMMAND_NOT_FOUND',
      says: 'calls a program that is not in its image (exit code 127)',
      question: 'Which command is meant, or which image has it?',
    },
  ],
  [
    134,
    {
      code: 'CRASH_ABORTED',
      says: 'aborts (exit code 134, signal 6)',
      question: 'What does the program assert before it aborts?',
    },
  ],
  [
    137,
    {
      code: 'CRASH_KILLED',
      says: 'is killed (exit code 137, signal 9), not for its memory limit',
      question: 'Who kills it: a node without memory, or something in the container?',
    },
  ],
  [
    139,
    {
      code: 'CRASH_SEGFAULT',
      says: 'crashes in its own memory (exit code 139, signal 11)',
      question: 'Is the image made for this processor and these libraries?',
    },
  ],
  [
    143,
    {
      code: 'CRASH_TERMINATED',
      says: 'is told to stop (exit code 143, signal 15)',
      question: 'What stops it: no probe of it does?',
    },
  ],
]);

/**
 * What the end of a container means by its exit code, and by what it wrote before: `panics` where that is the trace of a
 * program that crashed, `blames` what its last word does.
 */
export function textOfEnd(
  { exitCode, signal }: Pick<StateTerminated, 'exitCode' | 'signal'>,
  { panics, blames }: { panics: boolean; blames: Blame | undefined },
): EndText {
  const code = signal !== undefined && signal > 0 ? 128 + signal : exitCode;
  const text = texts.get(code) ?? {
    code: 'CRASH_LOOP',
    says: `ends with exit code ${exitCode}`,
    question: 'What does it need in order to start?',
  };
  if (blames === 'memory' && code !== 137)
    return {
      ...text,
      says: `has no memory left within its own limits (exit code ${exitCode})`,
      question: memoryQuestion,
    };
  if (blames === 'platform') return { ...text, question: platformQuestion };
  // The runtime of Go ends a program that panics with the code that others have for wrong arguments.
  return code === 2 && panics
    ? {
        code: 'CRASH_LOOP',
        says: 'panics (exit code 2)',
        question: 'What does the program not expect where it panics?',
      }
    : text;
}

const memoryQuestion =
  "How much memory does it need? Its runtime's own limit (a heap size) has to grow, within the limit of its container.";
const platformQuestion =
  'Is its image made for the processor of the node, or is its command a script without a line that begins with #!?';

// How a program of Go begins to tell of its own crash, and the stacks that follow.
const crashHeads = ['panic: ', 'fatal error: ', 'goroutine '];
// Stacks of many goroutines are long, and their heads stand all through them.
const linesRead = 200;

/** Whether a program wrote the trace of its own crash. */
export function isPanic(lines: readonly string[]): boolean {
  return lines.slice(-linesRead).some(line => crashHeads.some(head => line.trimStart().startsWith(head)));
}
