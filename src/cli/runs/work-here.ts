import { cleanLine } from '../../core/text.ts';
import type { CommonOptions, Session } from '../session.ts';
import { listenHere } from './listen-here.ts';
import { proseLog } from './prose-log.ts';
import { serveHere } from './serve-here.ts';
import { shownPath } from './step-line.ts';
import { withRuns } from './with-runs.ts';

const sayingChars = 300;

/** Goes on with runs until Ctrl-C or SIGTERM, which lets go of all that is under way where it can stop. */
export async function workHere(session: Session, options: CommonOptions & { most: number }): Promise<void> {
  const { terminal } = session;
  await withRuns(session, {
    options,
    use: async ({ vigie: own, runs }) => {
      const log = terminal.notesAreTerminal ? proseLog(own.log, text => terminal.note(text)) : own.log;
      const vigie = { ...own, log };
      const listener = await listenHere(session, { options, vigie, runs });
      terminal.note('Going on with runs; Ctrl-C stops it.');
      // Where one of the two ends, the other has to: whoever watches the worker starts it anew.
      const over = new AbortController();
      const signal = AbortSignal.any([session.signal, over.signal]);
      const worked = runs.work({
        most: options.most,
        signal,
        said: ({ run, path, text }) =>
          terminal.note(`${run} ${shownPath(path)} ${cleanLine(text, sayingChars)}`),
        failed: (run, error) =>
          vigie.log.error('runs.worker', {
            run,
            error: error instanceof Error ? (error.stack ?? error.message) : String(error),
          }),
      });
      const served = serveHere(session, { options, vigie, runs, signal });
      const ended = await Promise.allSettled([worked, served].map(each => each.finally(() => over.abort())));
      await listener?.close();
      for (const each of ended) if (each.status === 'rejected') throw each.reason;
    },
  });
}
