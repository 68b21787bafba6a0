import type { Vigie } from '../../pipeline/vigie.ts';
import { CliLibrary } from '../playbooks/cli-library.ts';
import type { RunsDoor } from '../program.ts';
import type { CommonOptions, Session } from '../session.ts';

/** What a command about runs has at hand. */
export interface AtRuns {
  vigie: Vigie;
  runs: RunsDoor;
  playbooks: CliLibrary;
}

/** Opens the runs of this account for one command. */
export async function withRuns(
  session: Session,
  { options, use }: { options: CommonOptions; use: (at: AtRuns) => Promise<void> },
): Promise<void> {
  const playbooks = new CliLibrary(session, options);
  try {
    await session.withVigie(options, async vigie => {
      const runs = await session.program.openRuns(vigie, {
        definitionOf: async name => {
          const { digest, text } = await playbooks.named(name);
          return { digest, source: text };
        },
      });
      try {
        await use({ vigie, runs, playbooks });
      } finally {
        await runs.close();
      }
    });
  } finally {
    await playbooks.close();
  }
}
