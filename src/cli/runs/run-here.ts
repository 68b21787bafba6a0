import { newId } from '../../core/ids.ts';
import { environmentOf } from '../../pipeline/look-up.ts';
import { givenInputs } from '../playbooks/given-inputs.ts';
import { type CommonOptions, type Session, terminalActor } from '../session.ts';
import { follow } from './follow.ts';
import { withRuns } from './with-runs.ts';

/** Starts a run of a playbook, and goes on with it in this process. */
export async function runHere(
  session: Session,
  asked: { name: string; options: CommonOptions & { input: [string, string][]; environment?: string } },
): Promise<void> {
  const { name, options } = asked;
  await withRuns(session, {
    options,
    use: async ({ vigie, runs, playbooks }) => {
      const { playbook, digest, text } = await playbooks.named(name);
      const { environment } = options;
      const where = environmentOf(vigie, environment === undefined ? {} : { environment });
      const id = newId();
      const { kind, name: person, via } = terminalActor();
      const started = await runs.start({
        id,
        playbook,
        digest,
        source: text,
        inputs: givenInputs(options.input, playbook),
        environment: where.view.name,
        startedBy: { kind, name: person, via, attended: session.terminal.interactive },
      });
      if (started === 'skipped') {
        session.terminal.note('Another run of it has not ended, and it says that then none begins.');
        return;
      }
      await follow(session, { id, runs });
    },
  });
}
