import { milliseconds } from '../interpreter/retry.ts';
import type { PlayOrder } from '../play-order.ts';
import type { PlaybookCase } from './case-schema.ts';
import { worldOfCase } from './world-of-case.ts';
import { type FaultNamed, writeToCluster } from './write-to-cluster.ts';

type OfCase = Pick<
  PlayOrder,
  'world' | 'startsAtMs' | 'inputs' | 'approvals' | 'unread' | 'environment' | 'meanwhile'
>;

const dayMs = 86_400_000;
const twentyPastTenMs = 37_200_000;

/**
 * Twenty past ten of this day, for all cases: they share the past of their world, and what comes round in it at the full or
 * the half hour has come, and has failed for good or not, whenever they are played.
 */
const startsAtMs = Math.floor(Date.now() / dayMs) * dayMs + twentyPastTenMs;

/** What a case says of its play, but for what is broken before. @throws VigieError INVALID_INPUT */
export async function orderOfCase(
  each: PlaybookCase,
  faultNamed: FaultNamed,
): Promise<OfCase & Required<Pick<OfCase, 'environment'>>> {
  return {
    world: await worldOfCase(each),
    startsAtMs,
    inputs: each.inputs,
    approvals: each.approvals,
    unread: each.unread,
    environment: {
      secretAliases: each.secrets,
      ...(each.environment === undefined ? {} : { name: each.environment }),
    },
    meanwhile: each.meanwhile.map(({ after, ...write }) => ({
      afterMs: milliseconds(after),
      happens: sandbox => writeToCluster(sandbox, { write, faultNamed }),
    })),
  };
}
