import { cleanLine } from '../../core/text.ts';
import type { CommonOptions, Session } from '../session.ts';
import { listenHere } from './listen-here.ts';
import { shownPath } from './step-line.ts';
import { withRuns } from './with-runs.ts';

const sayingChars = 300;

/** Goes on with runs until Ctrl-C or SIGTERM, which lets go of all that is under way where it can stop. */
export async function workHere(session: Session, options: CommonOptions & { most: number }): Promise<void> {
  const { terminal } = session;
  await withRuns(session, {
    options,
    use: async ({ vigie, runs }) => {
      const listener = await listenHere(session, { options, vigie, runs });
      terminal.note('Going on with runs; Ctrl-C stops it.');
      try {
        await runs.work({
          most: options.most,
          signal: session.signal,
          said: ({ run, path, text }) =>
            terminal.note(`${run} ${shownPath(path)} ${cleanLine(text, sayingChars)}`),
          failed: (run, error) =>
            vigie.log.error('runs.worker', {
              run,
              error: error instanceof Error ? (error.stack ?? error.message) : String(error),
            }),
        });
      } finally {
        await listener?.close();
      }
    },
  });
}
