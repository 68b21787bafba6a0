import { VigieError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { systemCode } from '../../core/system-error.ts';
import { cleanLine } from '../../core/text.ts';
import { runProgram } from '../../processes/run-program.ts';

// Bases may be fetched from elsewhere; one that takes longer is down.
const renderMs = 60_000;
const complaintChars = 500;

// Without their flags neither runs plugins or charts.
const programs: readonly [string, ...string[]][] = [
  ['kustomize', 'build', '--'],
  ['kubectl', 'kustomize', '--'],
];

// A base may stand in a git repository, and its reference is handed to git as it is: over a local path, ssh or `ext::`
// git runs a program that the reference names. Over https it runs none.
const git = { GIT_TERMINAL_PROMPT: '0', GIT_ALLOW_PROTOCOL: 'https' };

/**
 * The manifest of a kustomization, rendered by the kustomize or kubectl that is installed. It gets no variable that could
 * hold a secret and nobody to ask. @throws VigieError INVALID_INPUT: none is installed, or it fails
 */
export async function renderKustomization(folder: string, signal: AbortSignal): Promise<string> {
  const env = Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR', 'LANG'].flatMap(name => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  for (const command of programs) {
    try {
      return await runProgram([...command, folder], {
        env: { ...env, ...git },
        signal,
        limits: { programMs: renderMs, outputBytes: limits.manifestBytes },
      });
    } catch (error) {
      if (systemCode(error instanceof Error ? error.cause : undefined) === 'ENOENT') continue;
      if (signal.aborted) throw new VigieError('CANCELLED', 'The call was stopped before it ended.');
      const why = error instanceof Error ? cleanLine(error.message, complaintChars) : 'for no reason it gave';
      throw new VigieError('INVALID_INPUT', `The kustomization ${folder} was not rendered: ${why}`, {
        cause: error,
      });
    }
  }
  throw new VigieError(
    'INVALID_INPUT',
    `Nothing renders the kustomization ${folder}: no program is installed`,
    {
      hint: 'Install kustomize or kubectl, or give what they render with -f.',
    },
  );
}
