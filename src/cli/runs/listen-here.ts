import { cleanLine } from '../../core/text.ts';
import type { CommonOptions, Session } from '../session.ts';
import { CameTeller } from './came-teller.ts';
import { enabledHere } from './enabled-here.ts';
import type { AtRuns } from './with-runs.ts';

const sayingChars = 300;

/**
 * Listens for alerts and webhooks where vigie.yaml says so; undefined: it does not.
 * @throws VigieError INVALID_CONFIG: the address cannot be listened on; SECRET
 */
export async function listenHere(
  session: Session,
  { options, vigie, runs }: Pick<AtRuns, 'vigie' | 'runs'> & { options: CommonOptions },
): Promise<{ close(): Promise<void> } | undefined> {
  const { triggers } = await session.config(options);
  const { listen } = triggers;
  if (listen === undefined) return undefined;
  const [{ openTriggers }, { keepListening }] = await Promise.all([
    import('../../engine/triggers/open-triggers.ts'),
    import('../../engine/triggers/keep-listening.ts'),
  ]);
  const { journal, mayStart } = runs.starting;
  const { terminal } = session;
  const teller = new CameTeller();
  const open = () =>
    openTriggers({
      parts: { vigie, journal, mayStart },
      listen,
      config: async () => (await session.config(options)).triggers,
      env: session.terminal.env,
      enabled: () => enabledHere(session, options),
      taken: ({ came }) => {
        for (const line of teller.lines(came)) terminal.note(cleanLine(line, sayingChars));
      },
    });
  return keepListening(open, {
    listening: url => terminal.note(`Listening for alerts and webhooks on ${url}.`),
    taken: () =>
      terminal.note(
        `${listen.host}:${listen.port} is taken, as by another worker: this one listens there when it is free.`,
      ),
    failed: error =>
      vigie.log.error('triggers.listener', { error: error instanceof Error ? error.message : String(error) }),
  });
}
