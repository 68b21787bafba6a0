import { VigieError } from '../../core/errors.ts';
import type { Play, PlayOrder } from '../play-order.ts';
import { breakWorld } from './break-world.ts';
import type { PlaybookCase } from './case-schema.ts';
import { contentsOf } from './contents.ts';
import { judge } from './judge.ts';
import { orderOfCase } from './order-of-case.ts';
import type { FaultNamed } from './write-to-cluster.ts';

/** What a case came to. */
export interface CaseOutcome {
  name: string;
  ok: boolean;
  /** What was not as expected; empty where all was. */
  problems: string[];
  /** By the clock of the simulated cluster. Absent: it was not played. */
  tookMs?: number;
}

/** Plays one case of a playbook: breaks the world, runs it, and looks at what it came to. @throws VigieError CANCELLED */
export async function playCase(
  each: PlaybookCase,
  stage: Pick<PlayOrder, 'playbook' | 'digest' | 'source' | 'definitionOf' | 'signal'> & {
    play: Play;
    faultNamed: FaultNamed;
  },
): Promise<CaseOutcome> {
  const { name } = each;
  const { play, faultNamed, ...order } = stage;
  let before: ReadonlyMap<string, string> = new Map();
  try {
    return await play(
      {
        ...order,
        ...(await orderOfCase(each, faultNamed)),
        before: async (sandbox, call) => {
          await breakWorld(each, { sandbox, call, faultNamed });
          before = contentsOf(sandbox);
        },
      },
      async played => {
        const problems = await judge(each.expect, { played, playbook: stage.playbook, before });
        return { name, ok: problems.length === 0, problems, tookMs: played.tookMs };
      },
    );
  } catch (error) {
    if (!(error instanceof VigieError) || error.code === 'CANCELLED') throw error;
    const issues = error.details['issues'];
    const more = Array.isArray(issues) ? issues.map(String) : [];
    return { name, ok: false, problems: [error.message, ...more.slice(1)] };
  }
}
